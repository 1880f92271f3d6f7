import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** Those of axe's rules that look at colours: what a theme can break. The others say the same in both. */
const OF_COLOUR = ['color-contrast', 'link-in-text-block'];
const require = createRequire(import.meta.url);
const AXE = readFileSync(
  createRequire(require.resolve('@axe-core/playwright')).resolve('axe-core/axe.min.js'),
  'utf8',
);

/**
 * C12: expects what is on the screen now, a sheet or a result included, to have no violation of WCAG 2.2 AA in light or dark,
 * and not to scroll sideways. `name` says in a failure which screen it was. Leaves it light.
 */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  // Once a document, 0.5 MB: the builder by itself sends it twice with each question.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  await expectNoViolation(page, name, 'light');
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
  await expectNoViolation(page, name, 'dark');
  await page.emulateMedia({ colorScheme: 'light' });
}

async function expectNoViolation(page: Page, name: string, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await untilCalm(page);
  // No screen has a frame, so that nothing is lost with "legacy": all runs in the page, where else a second one is opened.
  const axe = new AxeBuilder({ page, axeSource: 'void 0' })
    .setLegacyMode()
    .options({ resultTypes: ['violations'] });
  const { violations } = await (
    colorScheme === 'dark' ? axe.withRules(OF_COLOUR) : axe.withTags(WCAG)
  ).analyze();
  expect(
    violations.map(({ id, nodes }) => `${name}: ${id} ${nodes.map(({ html }) => html).join(' ')}`),
    colorScheme,
  ).toEqual([]);
}

/**
 * While something slides or fades in it is half transparent, and axe would judge those colours. A bar that grows is not; a pass's
 * does nothing else.
 */
async function untilCalm(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(
        (animation) =>
          animation.playState !== 'running' ||
          (animation instanceof CSSTransition && animation.transitionProperty === 'transform'),
      ),
  );
}
