import { webcrypto } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { toHex } from '#shared/pass/bytes';
import { computeKeyId, type IssuerKey } from '#shared/pass/key-bundle';
import { parsePoint } from '#shared/pass/p256';
import { buildKeyBundle, bundleSigner, type TrustedKeys } from '#shared/pass/signed-bundle';
import { buildStatusList } from '#shared/pass/status-list';
import { signWith, type Sign } from '#shared/pass/web-crypto';
import { prepareKnowledge, type KnowledgeRows } from './gate-knowledge';
import { keyWords } from './key-words';
import { trustKeys, type KeyPins, type KeyProblem } from './trusted-keys';

const { subtle } = webcrypto;
const SITE = '0197c000-0000-7000-8000-000000000001';
const START = 1_783_000_000;
const DAY = 86_400;
const LIFE = 500 * DAY;

interface Issuer {
  readonly key: IssuerKey;
  readonly keyId: Uint8Array;
  readonly sign: Sign;
}

async function makeIssuer(from: number): Promise<Issuer> {
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const point = parsePoint(new Uint8Array(await subtle.exportKey('raw', pair.publicKey)))!;
  const key = { site: SITE, x: toHex(point.x), y: toHex(point.y), from, until: from + LIFE };
  return { key, keyId: await computeKeyId(subtle, point), sign: signWith(subtle, pair.privateKey) };
}

/** A server as the schedule keeps it: a key every ninety days, published two days ahead, the former retired then. */
class Server {
  #issuers: Issuer[] = [];

  async publish(at: number): Promise<Issuer> {
    const issuer = await makeIssuer(at - DAY);
    this.#issuers.push(issuer);
    return issuer;
  }

  /** `key` is good for nothing from `until` on. */
  retire(issuer: Issuer, until: number): void {
    const retired = { ...issuer, key: { ...issuer.key, until } };
    this.#issuers = this.#issuers.map((one) => (one === issuer ? retired : one));
  }

  async bundle(at: number): Promise<Uint8Array> {
    const keys = this.#issuers.map(({ key }) => key).filter(({ until }) => until + 2 * DAY > at);
    const oldest = bundleSigner(keys, at)!;
    const { keyId, sign } = this.#issuers.find(({ key }) => key.x === oldest.x)!;
    return buildKeyBundle({ keyId, sign, site: SITE, issued: at, keys });
  }
}

class Device implements KeyPins {
  pinned: TrustedKeys | null = null;
  read = () => Promise.resolve(this.pinned);
  write = (keys: TrustedKeys) => {
    this.pinned = keys;
    return Promise.resolve();
  };

  async sync(bundle: Uint8Array | null, now: number) {
    const { keys, problem } = await trustKeys({ subtle, site: SITE, now, pins: this }, bundle);
    return { keys: keys?.map(({ x }) => x) ?? null, problem };
  }
}

const SLEPT = 30 * DAY;

describe('D3 a guard’s device and the keys that the server sends', () => {
  it('takes the first bundle as it comes, and remembers it', async () => {
    const [server, device] = [new Server(), new Device()];
    const { key } = await server.publish(START);
    expect(await device.sync(await server.bundle(START), START)).toEqual({ keys: [key.x], problem: null });
    expect(device.pinned).toEqual({ site: SITE, issued: START, keys: [key] });
  });

  it('follows a server through ten rotations, also when it sleeps through one each time', async () => {
    const [server, everyDay, sleeper] = [new Server(), new Device(), new Device()];
    let current = await server.publish(START);
    let at = START;
    await sleeper.sync(await server.bundle(at), at);
    for (let round = 0; round < 10; round++) {
      at += 90 * DAY;
      const next = await server.publish(at);
      expect((await everyDay.sync(await server.bundle(at), at)).problem).toBeNull();
      at += 2 * DAY;
      // What it signed reaches thirty days ahead: the horizon of a site that has decided nothing else.
      server.retire(current, at + 30 * DAY);
      const bundle = await server.bundle(at + SLEPT - DAY);
      expect(await sleeper.sync(bundle, at + SLEPT - DAY)).toMatchObject({ problem: null });
      current = next;
    }
    expect(sleeper.pinned!.keys.at(-1)!.x).toBe(current.key.x);
  });

  it('does not take a bundle of keys that nobody whom it trusts vouches for, and goes on', async () => {
    const [server, foreign, device] = [new Server(), new Server(), new Device()];
    const { key } = await server.publish(START);
    await foreign.publish(START);
    await device.sync(await server.bundle(START), START);
    const answer = await device.sync(await foreign.bundle(START + DAY), START + DAY);
    expect(answer).toEqual({ keys: [key.x], problem: 'untrusted_bundle' });
    expect(device.pinned!.issued).toBe(START);
    // And finds back by itself.
    expect(await device.sync(await server.bundle(START + 2 * DAY), START + 2 * DAY)).toEqual({
      keys: [key.x],
      problem: null,
    });
  });

  it('takes it when all the keys that it knew are over, to the second', async () => {
    const [server, foreign, device] = [new Server(), new Server(), new Device()];
    const { key } = await server.publish(START);
    await device.sync(await server.bundle(START), START);
    const other = await foreign.publish(key.until);
    const bundle = await foreign.bundle(key.until);
    expect((await device.sync(bundle, key.until - 1)).problem).toBe('untrusted_bundle');
    expect(await device.sync(bundle, key.until)).toEqual({ keys: [other.key.x], problem: null });
  });

  it.each<[string, (server: Server) => Promise<Uint8Array | null>, KeyProblem | null]>([
    ['an older bundle', (server) => server.bundle(START - 1), null],
    ['no bundle any more', () => Promise.resolve(null), null],
    ['bytes that are none', () => Promise.resolve(Uint8Array.of(1, 2, 3)), 'unreadable_bundle'],
  ])('goes on with what it had when there comes %s', async (_what, next, problem) => {
    const [server, device] = [new Server(), new Device()];
    const { key } = await server.publish(START);
    await device.sync(await server.bundle(START), START);
    expect(await device.sync(await next(server), START + DAY)).toEqual({ keys: [key.x], problem });
  });

  it('has words for each problem that say what to do', () => {
    for (const problem of ['untrusted_bundle', 'unreadable_bundle'] as const) {
      expect(keyWords(problem).title).toMatch(/\.$/);
      expect(keyWords(problem).detail).toContain('goes on with the keys it had');
    }
  });
});

describe('D3 what the gate checks by', () => {
  const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  const rowOf = ({ key }: Issuer) => ({
    ...{ id: key.x, siteId: SITE, x: key.x, y: key.y, from: key.from, until: key.until },
    ...{ usedFrom: key.from, retired: false },
  });
  const prepare = (rows: Partial<KnowledgeRows>, pins = new Device()) =>
    prepareKnowledge(
      subtle,
      { keys: [], keyBundle: null, statusList: null, ...rows },
      { site: SITE, now: START, pins },
    );
  const listBy = async ({ keyId, sign }: Issuer, issued: number) => {
    const deflate = (bytes: Uint8Array) => deflateSync(bytes);
    const list = { keyId, sign, deflate, site: SITE, issued, ttl: 900, length: 8, states: [] };
    return { id: SITE, signed: base64url(await buildStatusList(list)) };
  };

  it('single rows count only of a server that has never sent a bundle', async () => {
    const [server, foreign] = [new Server(), await makeIssuer(START)];
    await server.publish(START);
    const keyBundle = { id: SITE, signed: base64url(await server.bundle(START)) };
    const fromRows = await prepare({ keys: [rowOf(foreign)] });
    expect(fromRows.keys.map(({ keyId }) => keyId)).toEqual([toHex(foreign.keyId)]);
    const device = new Device();
    expect((await prepare({ keys: [rowOf(foreign)], keyBundle }, device)).keys[0]?.keyId).not.toBe(
      toHex(foreign.keyId),
    );
    // Left out later by whoever has taken the server over.
    expect((await prepare({ keys: [rowOf(foreign)] }, device)).keys[0]?.keyId).not.toBe(toHex(foreign.keyId));
    const unreadable = await prepare({ keys: [rowOf(foreign)], keyBundle: { id: SITE, signed: '!' } });
    expect(unreadable).toMatchObject({ keys: [], keyProblem: 'unreadable_bundle' });
  });

  it('of two status lists the newer one that can be verified', async () => {
    const [server, stranger] = [new Server(), await makeIssuer(START)];
    const issuer = await server.publish(START);
    const keyBundle = { id: SITE, signed: base64url(await server.bundle(START)) };
    const [older, newer] = [await listBy(issuer, START + 10), await listBy(issuer, START + 20)];
    const forged = await listBy(stranger, START + 30);
    const issuedOf = async (rows: Partial<KnowledgeRows>) => {
      const { statusList } = await prepare({ keyBundle, ...rows });
      return statusList.kind === 'open' ? statusList.list.issued - START : statusList.kind;
    };
    expect(await issuedOf({ statusList: older, keptList: newer })).toBe(20);
    expect(await issuedOf({ statusList: newer, keptList: older })).toBe(20);
    expect(await issuedOf({ statusList: older, keptList: forged })).toBe(10);
    expect(await issuedOf({ statusList: forged, keptList: older })).toBe(10);
    expect(await issuedOf({ statusList: null, keptList: older })).toBe(10);
    expect(await issuedOf({ statusList: older, keptList: null })).toBe(10);
    expect(await issuedOf({ statusList: null })).toBe('missing');
    expect(await issuedOf({ statusList: forged })).toBe('unverifiable');
  });
});
