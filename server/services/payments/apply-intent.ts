import type { SiteIntents } from '../visitors/site-intents';

/**
 * Submits a payment's intent in the site's own name. The rules say yes to whatever was done before; rejects when it was not applied,
 * since then it is to be asked for again, later.
 */
export async function applyIntent(
  siteIntents: SiteIntents,
  ...what: Parameters<SiteIntents['submit']>
): Promise<void> {
  const { status, code } = await siteIntents.submit(...what);
  if (status !== 'applied') throw new Error(`${what[1].op} was not applied: ${code ?? status}`);
}
