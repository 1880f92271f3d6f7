import type { CDPSession, Page } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Device } from '../e2e/support/device';
import { startProduct } from '../e2e/support/product';
import { startEmbeddedPostgres } from '../server/db/embedded-postgres';
import { createPool } from '../server/db/pool';
import { createLogger } from '../server/platform/logger';
import { qrOf } from '../src/lib/components/pass/qr';
import { percentile, report } from './figures';
import { installGateRecording, type GateMeasure, type GateRecording } from './gate-page';
import { makePhones, type BenchPhones } from './gate-passes';

/** 100 scans a minute. */
const EVERY_MS = 600;
const MINUTE = 60_000;
const LIMIT = { screen: 150, verify: 5, version: 12, growth: 0.1 } as const;
/** Passes before the first look at the memory: what is made once is not growth. */
const WARM_UP = 20;

/** What the page holds after a forced garbage collection. */
interface Memory {
  readonly heapMegabytes: number;
  readonly nodes: number;
}

/**
 * D3, D4: one guard's page under the camera, 100 cars a minute for `minutes`, each with a live pass of its own that the product
 * issued. Aims: frame to result on the screen ≤ 150 ms, verification ≤ 5 ms, no scan lost, memory flat, QR version ≤ 12.
 */
export async function benchGate({ minutes }: { minutes: number }): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'undercroft-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLogger({ level: 'error' }) });
  const pool = createPool({ url: postgres.url, max: 2 });
  const product = await startProduct({ DATABASE_URL: postgres.url, DEMO: '1' });
  let guard: Device | null = null;
  try {
    const scans = Math.round((minutes * MINUTE) / EVERY_MS);
    const phones = await makePhones(pool, product.origin, WARM_UP + scans);
    const { size } = qrOf(await phones.show(0, 0));
    report('live pass', { 'QR version': String((size - 17) / 4), limit: `≤ ${LIMIT.version}` });
    guard = await Device.open(product);
    await openGate(guard);
    await holdUp(guard.page, phones, { from: 0, until: WARM_UP });
    await measure(guard, phones, scans);
  } finally {
    await guard?.close();
    await product.close();
    await pool.end();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function openGate(guard: Device): Promise<void> {
  await guard.context.grantPermissions(['camera']);
  await guard.signIn('guard');
  // tsx names functions by a helper of its own, which functions that travel to the page still call.
  await guard.page.addInitScript('globalThis.__name = (named) => named');
  await guard.page.addInitScript(installGateRecording);
  await guard.page.goto('/gate');
  await guard.untilSynced();
  // A camera that is allowed starts by itself; where it does not, the guard taps.
  const start = guard.page.getByRole('button', { name: /camera/i }).first();
  const video = guard.page.locator('video');
  await video.or(start).first().waitFor();
  if (!(await video.isVisible())) await start.click();
  await guard.page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
}

async function measure(guard: Device, phones: BenchPhones, scans: number): Promise<void> {
  const { page } = guard;
  const session = await guard.context.newCDPSession(page);
  const storedBefore = await decisions(page);
  const from = await page.evaluate(() => performance.now());
  const memories = [await memoryOf(session)];
  const shownAt: number[] = [];
  for (let done = 0; done < scans; done += 100) {
    const range = { from: WARM_UP + done, until: WARM_UP + Math.min(scans, done + 100) };
    shownAt.push(...(await holdUp(page, phones, range)));
    memories.push(await memoryOf(session));
  }
  const recording = await page.evaluate(() => {
    const { measures, resultFrames } = window.gateRecording;
    return { measures, resultFrames };
  });
  printTimes(recording, shownAt, from);
  printMemory(memories);
  printDecisions(await decisions(page), storedBefore, scans);
}

/** Holds up one pass after the other, {@link EVERY_MS} each; answers when, by the page's clock. */
async function holdUp(
  page: Page,
  phones: BenchPhones,
  { from, until }: { from: number; until: number },
): Promise<number[]> {
  const shownAt: number[] = [];
  const startedAt = performance.now();
  for (let index = from; index < until; index++) {
    const { size, isDark } = qrOf(await phones.show(index, 1));
    const dark = isDark.map((one) => (one ? '1' : '0')).join('');
    shownAt.push(await page.evaluate((code) => window.gateRecording.show(code), { size, dark }));
    await pause(Math.max(0, startedAt + (index - from + 1) * EVERY_MS - performance.now()));
  }
  await untilQuiet(page);
  return shownAt;
}

/** Until no decision was stored for a second: the last code may still be on its way. */
async function untilQuiet(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const last = window.gateRecording.measures.findLast(({ name }) => name === 'gate:store');
    return performance.now() - Math.max(last?.end ?? 0, window.gateRecording.shownAt) > 1000;
  });
}

function printTimes(
  { measures, resultFrames }: Pick<GateRecording, 'measures' | 'resultFrames'>,
  shownAt: readonly number[],
  from: number,
): void {
  const named = (name: string): GateMeasure[] =>
    measures.filter((entry) => entry.name === name && entry.start >= from);
  const [decodes, verifies, stores] = [named('gate:decode'), named('gate:verify'), named('gate:store')];
  const frameToScreen: number[] = [];
  const showingToScreen: number[] = [];
  for (const store of stores) {
    const drawn = resultFrames.find((at) => at >= store.end);
    const verify = verifies.findLast(({ end }) => end <= store.start);
    const decode = verify && decodes.findLast(({ end }) => end <= verify.start);
    const shown = shownAt.findLast((at) => at <= store.start);
    if (drawn === undefined || !decode || shown === undefined) continue;
    frameToScreen.push(drawn - decode.start);
    showingToScreen.push(drawn - shown);
  }
  printLimit('camera frame to result on screen', frameToScreen, LIMIT.screen);
  printLimit('verification in the page', verifies.map(lengthOf), LIMIT.verify);
  for (const [name, samples] of [
    ['decoding what was read', decodes.map(lengthOf)],
    ['storing the decision', stores.map(lengthOf)],
    ['code held up to result on screen', showingToScreen],
  ] as const) {
    report(name, { 'p50 ms': percentile(samples, 0.5), 'p95 ms': percentile(samples, 0.95) });
  }
}

const lengthOf = ({ start, end }: GateMeasure): number => end - start;

function printLimit(name: string, samples: readonly number[], limit: number): void {
  const [p50, p95] = [percentile(samples, 0.5), percentile(samples, 0.95)];
  report(name, {
    'p50 ms': p50,
    'p95 ms': p95,
    limit: `${limit} ms`,
    ratio: p50 / limit,
    of: String(samples.length),
  });
}

function printMemory(memories: readonly Memory[]): void {
  for (const [minute, { heapMegabytes, nodes }] of memories.entries()) {
    report(`memory after ${minute} × 100 scans`, { 'heap MB': heapMegabytes, 'DOM nodes': String(nodes) });
  }
  const [first, last] = [memories[0]!, memories.at(-1)!];
  report('memory: growth', {
    heap: last.heapMegabytes / first.heapMegabytes - 1,
    nodes: last.nodes / first.nodes - 1,
    limit: `≤ ${LIMIT.growth}`,
  });
}

function printDecisions(
  after: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
  scans: number,
): void {
  const results = Object.keys(after).map(
    (result) => [result, after[result]! - (before[result] ?? 0)] as const,
  );
  const stored = results.reduce((sum, [, count]) => sum + count, 0);
  report('decisions stored', {
    ...Object.fromEntries(results.map(([result, count]) => [result, String(count)])),
    'of shown': String(scans),
    share: stored / scans,
  });
}

async function memoryOf(session: CDPSession): Promise<Memory> {
  // Twice: what the first frees may hold the last of others, like the wrappers of DOM nodes.
  await session.send('HeapProfiler.collectGarbage');
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes } = await session.send('Memory.getDOMCounters');
  return { heapMegabytes: usedSize / 2 ** 20, nodes };
}

/** How many decisions the device has stored, by their results. */
function decisions(page: Page): Promise<Record<string, number>> {
  return page.evaluate(async () => {
    const counts: Record<string, number> = {};
    const done = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('not read'));
      });
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name!));
      if (database.objectStoreNames.contains('decisions')) {
        const stored = database.transaction('decisions').objectStore('decisions').getAll();
        for (const { result } of (await done(stored)) as { result: string }[]) {
          counts[result] = (counts[result] ?? 0) + 1;
        }
      }
      database.close();
    }
    return counts;
  });
}
