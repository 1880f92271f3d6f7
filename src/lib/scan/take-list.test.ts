import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex, type Bytes } from '#shared/pass/bytes';
import { computeKeyId, importKeyBundle, type KeyBundle } from '#shared/pass/key-bundle';
import { buildStatusList, openStatusList, type OpenedStatusList } from '#shared/pass/status-list';
import { formatStatusList } from '#shared/pass/status-list-code';
import { signWith } from '#shared/pass/web-crypto';
import { toBase64url } from '#shared/pass/base64url';
import { inflateBounded } from './inflate';
import { isLaterList, issuedAt } from './list-in-use';
import { ListTaker } from './take-list';

const { subtle } = crypto;
const SITE = '0190a000-0000-7000-8000-00000000000a';
const OTHER_SITE = '0190a000-0000-7000-8000-00000000000b';
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;

let pair: CryptoKeyPair;
let keys: KeyBundle;
let keyId: Bytes;
beforeAll(async () => {
  pair = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const raw = new Uint8Array(await subtle.exportKey('raw', pair.publicKey));
  const point = { x: raw.slice(1, 33), y: raw.slice(33) };
  keyId = await computeKeyId(subtle, point);
  const span = { from: 0, until: 1000 };
  keys = await importKeyBundle(
    subtle,
    [SITE, OTHER_SITE].map((site) => ({ site, x: toHex(point.x), y: toHex(point.y), ...span })),
  );
});

const made = (issued: number, site = SITE): Promise<Bytes> =>
  buildStatusList({
    ...{ keyId, sign: signWith(subtle, pair.privateKey), site, issued, ttl: 60, length: 9000 },
    deflate: (bytes) => new Uint8Array(deflateSync(bytes)),
    // Not to be compressed away: two parts at least.
    states: Array.from({ length: 9000 }, (_, index) => {
      const isRevoked = createHash('sha256').update(String(index)).digest()[0]! < 128;
      return [index, isRevoked ? 'revoked' : 'suspended'] as const;
    }),
  });
const open = (signed: Uint8Array | null): Promise<OpenedStatusList> =>
  openStatusList({ subtle, inflate: inflateBounded, keys }, signed);

async function show(taker: ListTaker, signed: Bytes, current: Uint8Array | null) {
  const codes = (await formatStatusList(subtle, signed)) ?? [];
  const statusList = await open(current);
  const said = [];
  for (const code of codes) said.push(await taker.take(code, async () => ({ keys, statusList, site: SITE })));
  return said;
}

describe('K8 X7 taking another guard’s list', () => {
  it('tells how far it has come, and takes one that was issued later', async () => {
    const [older, later] = [await made(100), await made(200)];
    const said = await show(new ListTaker(subtle), later, older);
    expect(said[0]).toMatchObject({ kind: 'collecting', have: 1 });
    expect(said.at(-1)).toEqual({ kind: 'taken', signed: toBase64url(later), issuedAt: 200_000 });
  });

  it.each([
    ['one that is older', 100, 200],
    ['the very same', 200, 200],
  ])('not %s', async (_what, shown, current) => {
    const said = await show(new ListTaker(subtle), await made(shown), await made(current));
    expect(said.at(-1)).toEqual({ kind: 'not_newer', issuedAt: shown * 1000 });
  });

  it('takes one when the device has none', async () => {
    expect((await show(new ListTaker(subtle), await made(100), null)).at(-1)?.kind).toBe('taken');
  });

  it.each([
    ['another site’s', 100, OTHER_SITE],
    ['by a key that was over by then', 2000, SITE],
  ])('not %s', async (_what, issued, site) => {
    const said = await show(new ListTaker(subtle), await made(issued, site), null);
    expect(said.at(-1)).toEqual({ kind: 'not_ours' });
  });

  it('says it once for as long as that list is shown', async () => {
    const taker = new ListTaker(subtle);
    const list = await made(100);
    expect((await show(taker, list, null)).at(-1)?.kind).toBe('taken');
    expect((await show(taker, list, null)).every((said) => said === null)).toBe(true);
    expect((await show(taker, await made(300), null)).at(-1)?.kind).toBe('taken');
  });

  it('reads damage as damage', async () => {
    const context = (): never => {
      throw new Error('not asked for');
    };
    expect(await new ListTaker(subtle).take('UC1S:%%%', context)).toEqual({ kind: 'damaged' });
  });
});

describe('K8 the later of two lists', () => {
  it('is the one that the site issued later; none, or another site’s, is never', async () => {
    const [none, older, later] = [await open(null), await open(await made(100)), await open(await made(200))];
    const foreign = await open(await made(900, OTHER_SITE));
    expect(issuedAt(later, SITE)).toBe(200);
    expect(issuedAt(foreign, SITE)).toBeNull();
    expect(isLaterList(later, older, SITE)).toBe(true);
    expect(isLaterList(older, none, SITE)).toBe(true);
    expect(isLaterList(older, foreign, SITE)).toBe(true);
    for (const candidate of [older, none, foreign]) expect(isLaterList(candidate, older, SITE)).toBe(false);
  });
});
