import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { fromHex, canonicalId } from '#shared/pass/bytes';
import { importKeyBundle, type IssuerKey } from '#shared/pass/key-bundle';
import { openStatusList } from '#shared/pass/status-list';
import { verifyPass, type GuardContext } from '#shared/pass/verify-pass';
import { percentile, report } from './figures';

interface Case {
  readonly name: string;
  readonly qr: string;
  readonly now: number;
  readonly site: string;
  readonly gate: number;
  readonly keys: IssuerKey[];
  readonly statusList: string;
}

const ROUNDS = 1000;

/** D3: how long a guard's device takes to decide, keys and status list already opened; aim ≤ 5 ms. */
export async function benchVerify(): Promise<void> {
  const file = new URL('../src/shared/pass/pass-vectors.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] };
  for (const name of ['live pass', 'visitor pass on paper']) {
    const vector = cases.find((one) => one.name === name);
    if (!vector) throw new Error(`no vector ${name}`);
    await measure(vector);
  }
}

async function measure(vector: Case): Promise<void> {
  const { subtle } = globalThis.crypto;
  const keys = await importKeyBundle(subtle, vector.keys);
  const inflate = (bytes: Uint8Array, maxOutputLength: number) => inflateSync(bytes, { maxOutputLength });
  const statusList = await openStatusList({ subtle, inflate, keys }, fromHex(vector.statusList));
  const context: GuardContext = {
    keys,
    statusList,
    site: canonicalId(vector.site)!,
    gate: vector.gate,
    now: vector.now,
    challenge: null,
    history: () => ({ highestCtr: null, uses: [] }),
  };
  const samples: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    const verdict = await verifyPass(subtle, vector.qr, context);
    samples.push(performance.now() - before);
    if (verdict.result !== 'valid') throw new Error(`expected valid, got ${verdict.result}`);
  }
  report(`verify: ${vector.name}`, {
    'p50 ms': percentile(samples, 0.5),
    'p99 ms': percentile(samples, 0.99),
    limit: '5 ms',
    ratio: percentile(samples, 0.5) / 5,
  });
}
