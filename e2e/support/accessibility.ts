import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** Those of axe's rules that look at colours: what a theme can break. The others say the same in both. */
const OF_COLOUR = ['color-contrast', 'link-in-text-block'];

/**
 * C12: expects what is on the screen now, a sheet or a result included, to have no violation of WCAG 2.2 AA in light or dark,
 * and not to scroll sideways. `name` says in a failure which screen it was. Leaves it light.
 */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    // While something slides or fades in it is half transparent, and axe would judge those colours. A pass's bar runs for 20 s and
    // is followed by the next.
    await page.waitForFunction(() =>
      document
        .getAnimations()
        .every(
          ({ playState, effect }) => playState !== 'running' || Number(effect?.getTiming().duration) > 2000,
        ),
    );
    // No screen has a frame, so that nothing is lost with "legacy": all runs in the page, where else a second one is opened.
    const axe = new AxeBuilder({ page }).setLegacyMode();
    const { violations } = await (
      colorScheme === 'dark' ? axe.withRules(OF_COLOUR) : axe.withTags(WCAG)
    ).analyze();
    expect(
      violations.map(({ id, nodes }) => `${name}: ${id} ${nodes.map(({ html }) => html).join(' ')}`),
      colorScheme,
    ).toEqual([]);
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
}
