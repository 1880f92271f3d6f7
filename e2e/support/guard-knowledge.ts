import { importKeyBundle, type KeyBundle } from '../../src/shared/pass/key-bundle';
import { DEMO_PASSWORD, type Product } from './product';

/** What a guard's device would have pulled: the site's id and its public keys. */
export async function guardKnowledge(product: Product): Promise<{ site: string; keys: KeyBundle }> {
  const call = async (procedure: string, input: object, cookie = '') => {
    const response = await fetch(`${product.origin}/trpc/${procedure}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: product.origin, cookie },
      body: JSON.stringify(input),
    });
    if (!response.ok) throw new Error(`${procedure}: ${await response.text()}`);
    const { result } = (await response.json()) as { result: { data: unknown } };
    return { data: result.data, cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
  };
  const account = { email: 'guard@demo.undercroft.test', password: DEMO_PASSWORD };
  const { cookie } = await call('auth.signIn', account);
  const pull = { proto: 1, build: 'test', clientId: crypto.randomUUID(), cookie: null };
  const { data } = await call('sync.pull', pull, cookie);
  const { changes } = data as {
    changes: Record<string, { put: { entity: string; row: Record<string, unknown> }[] }>;
  };
  const rows = Object.values(changes)
    .flatMap(({ put }) => put)
    .filter(({ entity }) => entity === 'signing_key')
    .map(({ row }) => row as { siteId: string; x: string; y: string; from: number; until: number });
  const site = rows[0]?.siteId;
  if (site === undefined) throw new Error('the guard was given no key');
  const keys = await importKeyBundle(
    crypto.subtle,
    rows.map(({ x, y, from, until }) => ({ site, x, y, from, until })),
  );
  return { site, keys };
}
