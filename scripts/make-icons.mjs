// Draws the PNG icons of the manifest from static/favicon.svg and the app's own icon outlines, with an installed
// Chromium. Run it after changing either: `npx tsx scripts/make-icons.mjs`; the PNGs are committed.
import { chromium } from '@playwright/test';
import { readFileSync, writeFileSync } from 'node:fs';
import { iconPaths } from '../src/lib/components/shared/icon-paths.ts';

const staticFolder = new URL('../static/', import.meta.url);
const mark = readFileSync(new URL('favicon.svg', staticFolder), 'utf8');
// A system that cuts its own shape out of the icon wants colour up to the edge, and the mark inside the middle 80 %.
const squareMark = mark
  .replace('rx="15"', '')
  .replace('viewBox="0 0 64 64"', 'viewBox="0 0 64 64" overflow="visible"');
const ground = '#0b5a57';

const bleeding = (share) =>
  `<div style="background:${ground};width:100%;height:100%;display:grid;place-items:center">` +
  `<div style="width:${share}%;height:${share}%">${squareMark}</div></div>`;
const shortcut = (name) =>
  `<div style="background:${ground};border-radius:50%;width:100%;height:100%;display:grid;place-items:center">` +
  `<svg viewBox="0 0 24 24" style="width:56%;height:56%" fill="none" stroke="#f5f2ec" stroke-width="2" ` +
  `stroke-linecap="round" stroke-linejoin="round"><path d="${iconPaths[name]}"/></svg></div>`;

const icons = [
  { file: 'icon-192.png', size: 192, html: mark },
  { file: 'icon-512.png', size: 512, html: mark },
  { file: 'maskable-192.png', size: 192, html: bleeding(82) },
  { file: 'maskable-512.png', size: 512, html: bleeding(82) },
  { file: 'apple-touch-icon.png', size: 180, html: bleeding(100) },
  { file: 'shortcut-find.png', size: 96, html: shortcut('find') },
  { file: 'shortcut-pass.png', size: 96, html: shortcut('pass') },
  { file: 'shortcut-gate.png', size: 96, html: shortcut('gate') },
];

const browser = await chromium.launch({
  ...(process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {}),
  args: ['--no-sandbox'],
});
const page = await browser.newPage();
for (const { file, size, html } of icons) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>*{margin:0}html,body{height:100%}body>svg{width:100%;height:100%;display:block}</style>${html}`,
  );
  writeFileSync(new URL(`icons/${file}`, staticFolder), await page.screenshot({ omitBackground: true }));
}
await browser.close();
