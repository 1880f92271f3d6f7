import { chromium, type Page } from '@playwright/test';
import { build, type Plugin } from 'esbuild';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { percentile, report } from './figures';
import type { FrameOutcome } from './scan-page';
import { seededPasses } from './scan-passes';
import { FRAME_KINDS, frameRecipes, type FrameRecipe } from './scan-recipes';

const SEED = 4;
const PASSES = 40;
const ORIGIN = 'https://scan.bench';
const LEAST_SHARE = 0.9;
const LEAST_RATIO = 1.6;
const LIMIT_MS = 15;
/** The first frames pay for compiling; they are measured and thrown away. */
const WARM_UP = 5;

type Measured = FrameRecipe & FrameOutcome;

/**
 * Speed of reading: frames of real passes, from harmless to hopeless, through the product's worker, html5-qrcode's own decoder
 * and jsQR, in one browser. Aims: 90 % of the frames that are readable at all, 1.6 × html5-qrcode, 15 ms at the median.
 */
export async function benchScan({ framesPerKind }: { framesPerKind: number }): Promise<void> {
  const passes = await seededPasses(PASSES, SEED);
  const recipes = frameRecipes(framesPerKind, PASSES, SEED);
  const page = await openPage();
  try {
    const measured: Measured[] = [];
    for (const recipe of recipes.slice(0, WARM_UP)) await measure(page, passes, recipe);
    for (const kind of FRAME_KINDS) {
      const ofKind: Measured[] = [];
      for (const recipe of recipes.filter((one) => one.kind === kind)) {
        ofKind.push(await measure(page, passes, recipe));
      }
      printRates(kind, ofKind);
      measured.push(...ofKind);
    }
    printRates('all', measured);
    printAims(measured);
  } finally {
    await page.context().browser()!.close();
  }
}

async function measure(page: Page, passes: readonly string[], recipe: FrameRecipe): Promise<Measured> {
  const asked = { recipe, text: passes[recipe.pass]! };
  const outcome = await page.evaluate(
    async ({ recipe, text }) => (await window.scanPage).measure(recipe, text),
    asked,
  );
  return { ...recipe, ...outcome };
}

function printRates(name: string, frames: readonly Measured[]): void {
  const readable = frames.filter((frame) => frame.readable).length;
  console.log(`${name}: ${frames.length} frames, ${readable} readable at all`);
  for (const decoder of Object.keys(frames[0]!.decoders)) {
    const samples = frames.map(({ decoders }) => decoders[decoder]!.milliseconds);
    const read = readBy(frames, decoder);
    report(`  ${decoder}`, {
      read: String(read),
      'of readable': `${Math.round((100 * read) / readable)} %`,
      'p50 ms': percentile(samples, 0.5),
      'p95 ms': percentile(samples, 0.95),
    });
  }
}

function printAims(frames: readonly Measured[]): void {
  const readable = frames.filter((frame) => frame.readable);
  const names = Object.keys(frames[0]!.decoders);
  const ours = readBy(frames, 'ours');
  // Against the better of its two, so that the size of the screen is no excuse.
  const theirs = Math.max(
    ...names.filter((name) => name.startsWith('html5')).map((name) => readBy(frames, name)),
  );
  const median = percentile(
    frames.map(({ decoders }) => decoders['ours']!.milliseconds),
    0.5,
  );
  const roundTrips = frames.map(({ roundTrip }) => roundTrip);
  report('scan: with the way to the worker', {
    'p50 ms': percentile(roundTrips, 0.5),
    'p95 ms': percentile(roundTrips, 0.95),
  });
  report('scan: share of readable frames', { share: ours / readable.length, limit: `≥ ${LEAST_SHARE}` });
  report('scan: × html5-qrcode', { ratio: ours / theirs, limit: `≥ ${LEAST_RATIO}` });
  report('scan: a frame', { 'p50 ms': median, limit: `${LIMIT_MS} ms`, ratio: median / LIMIT_MS });
}

const readBy = (frames: readonly Measured[], name: string): number =>
  frames.filter(({ decoders }) => decoders[name]!.isRead).length;

/** A page of an origin of its own, with the bench's script, the product's worker and zxing's wasm. */
async function openPage(): Promise<Page> {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
  const files: Readonly<Record<string, { contentType: string; body: string | Buffer }>> = {
    '/': { contentType: 'text/html', body: '<!doctype html><script type="module" src="/page.js"></script>' },
    '/page.js': {
      contentType: 'text/javascript',
      body: await bundle(new URL('./scan-page.ts', import.meta.url)),
    },
    '/worker.js': {
      contentType: 'text/javascript',
      body: await bundle(new URL('../src/lib/scan/decode-worker.ts', import.meta.url)),
    },
    '/zxing_reader.wasm': { contentType: 'application/wasm', body: wasm },
  };
  const executablePath = process.env['CHROMIUM_PATH'];
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--no-sandbox'],
  });
  const context = await browser.newContext();
  await context.route(`${ORIGIN}/**`, (route) => {
    const file = files[new URL(route.request().url()).pathname];
    return file ? route.fulfill(file) : route.fulfill({ status: 404 });
  });
  const page = await context.newPage();
  page.on('console', (message) => console.log(message.text()));
  page.on('pageerror', (error) => console.error(error));
  await page.goto(ORIGIN);
  return page;
}

async function bundle(entry: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    minify: true,
    plugins: [wasmByUrl],
  });
  return outputFiles[0]!.text;
}

/** Vite's `?url` import, as the product's build resolves it: the address of the file. */
const wasmByUrl: Plugin = {
  name: 'wasm-by-url',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.wasm\?url$/ }, ({ path }) => ({ path, namespace: 'wasm-url' }));
    onLoad({ filter: /.*/, namespace: 'wasm-url' }, () => ({
      contents: 'export default "/zxing_reader.wasm"',
    }));
  },
};
