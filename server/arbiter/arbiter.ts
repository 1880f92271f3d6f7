import type { Pool } from 'pg';
import { decide as decideByRules } from '#shared/domain/decide';
import { MAXIMUM_INTENTS } from '#shared/protocol/push';
import { isRetryable } from '../db/transaction';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import type { PassIssuer } from '../services/passes/pass-issuer';
import type { SigningKeys } from '../services/passes/signing-keys';
import type { StatusLists } from '../services/passes/status-lists';
import { runBatch, type BatchResult, type BatchTools } from './batch';
import { clientKey } from './clients';
import { fingerprintOf } from './fingerprint';
import { createGrowthStatistics } from './growth-statistics';
import { createIsolation } from './isolate';
import type { PreparedPush, Push, SubmitResult } from './push';

export interface ArbiterOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly passIssuer: PassIssuer;
  /** Makes a site's next signing key, in the batch's transaction. */
  readonly signingKeys: Pick<SigningKeys, 'make'>;
  /** Issued anew for a site when one of its passes is revoked. */
  readonly statusLists: Pick<StatusLists, 'ensureFresh'>;
  readonly logger: Logger;
  /** Told of the scopes that a committed batch touched. */
  readonly onCommitted: (scopes: string[]) => void;
  /** E8: told of the sites where a committed batch may have freed something for who waits. Must not throw. */
  readonly onFreed?: (siteIds: string[]) => void;
  /** Intents that are decided in one transaction, at most (a single push may exceed it). Default: 128. */
  readonly batchSize?: number;
  /** Batches under way at the same time. Default: 2. */
  readonly lanes?: number;
  /** The rules. Default: those of the domain. */
  readonly decide?: typeof decideByRules;
}

export interface Arbiter {
  /**
   * Decides a push. Never rejects: `unavailable` when the database cannot be reached or anything else fails that is no
   * intent's own fault; what has an outcome by then is told when the push is sent again.
   */
  submit(push: Push): Promise<SubmitResult>;
  /** Resolves when everything submitted so far is answered, status lists included. */
  drain(): Promise<void>;
}

interface Waiting {
  readonly push: PreparedPush;
  readonly answer: (result: SubmitResult) => void;
}

/**
 * The one place where intents are decided. Like a group commit: what waits is taken together into one transaction, so
 * the more there is to do, the cheaper each becomes. Pushes of one client are decided in the order they came in, never two
 * in one batch. Any number of processes may have an arbiter on one database.
 */
export function createArbiter(options: ArbiterOptions): Arbiter {
  const { logger, batchSize = 128, lanes = 2 } = options;
  const tools: BatchTools = { ...options, decide: options.decide ?? decideByRules };
  const isolation = createIsolation(tools, logger);
  const statistics = createGrowthStatistics(options.pool);
  let queue: Waiting[] = [];
  const busyClients = new Set<string>();
  const background = new Set<Promise<void>>();
  let running = 0;
  let isScheduled = false;
  const drained: (() => void)[] = [];

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    // Not at once, so that all requests of this turn of the event loop go together.
    setImmediate(() => {
      isScheduled = false;
      while (running < lanes && startBatch());
    });
  }

  function startBatch(): boolean {
    const batch = takeBatch();
    if (batch.length === 0) return false;
    running++;
    void decideAndAnswer(batch).finally(() => {
      running--;
      for (const { push } of batch) busyClients.delete(clientKey(push));
      schedule();
      if (running === 0 && queue.length === 0) drained.splice(0).forEach((resolve) => resolve());
    });
    return true;
  }

  function takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    let intents = 0;
    for (const waiting of queue) {
      const key = clientKey(waiting.push);
      const size = waiting.push.intents.length;
      const fits = batch.length === 0 || intents + size <= batchSize;
      if (!fits || busyClients.has(key)) {
        left.push(waiting);
        continue;
      }
      busyClients.add(key);
      batch.push(waiting);
      intents += size;
    }
    queue = left;
    return batch;
  }

  async function decideAndAnswer(batch: readonly Waiting[]): Promise<void> {
    try {
      const done = await runBatch(
        tools,
        batch.map(({ push }) => push),
      );
      finish(batch, done);
    } catch (error) {
      if (isRetryable(error)) {
        logger.error('A batch could not be decided', { error });
        for (const { answer } of batch) answer({ ok: false, code: 'unavailable' });
        return;
      }
      logger.warn('A batch failed and is decided push by push', { error, pushes: batch.length });
      for (const waiting of batch) finish([waiting], await isolation.decideAlone(waiting.push));
    }
  }

  function finish(batch: readonly Waiting[], done: BatchResult): void {
    const { results, scopes, sitesWithRevocations, freedSites } = done;
    batch.forEach(({ answer }, index) => answer(results[index]!));
    publish([...scopes]);
    if (freedSites.size > 0) options.onFreed?.([...freedSites]);
    for (const siteId of sitesWithRevocations) {
      const refreshed = options.statusLists
        .ensureFresh(siteId, { force: true })
        .then(() => publish([`gate:${siteId}`]));
      inBackground(refreshed, 'A status list could not be issued', { siteId });
    }
    const analyzed = statistics.afterIntents(batch.reduce((sum, { push }) => sum + push.intents.length, 0));
    if (analyzed) inBackground(analyzed, 'Statistics could not be brought up to date');
  }

  function inBackground(work: Promise<void>, problem: string, fields: object = {}): void {
    const watched = work
      .catch((error: unknown) => logger.error(problem, { error, ...fields }))
      .finally(() => background.delete(watched));
    background.add(watched);
  }

  function publish(scopes: string[]): void {
    if (scopes.length === 0) return;
    try {
      options.onCommitted(scopes);
    } catch (error) {
      logger.error('Devices could not be told of a change', { error });
    }
  }

  return {
    submit(push) {
      if (push.intents.length > MAXIMUM_INTENTS) {
        return Promise.resolve({ ok: false, code: 'too_many_intents' });
      }
      const prepared = prepare(push);
      if (!prepared) return Promise.resolve({ ok: false, code: 'request_invalid' });
      return new Promise((answer) => {
        queue.push({ push: prepared, answer });
        schedule();
      });
    },
    async drain() {
      if (running > 0 || queue.length > 0) {
        await new Promise<void>((resolve) => drained.push(resolve));
      }
      await Promise.all(background);
    },
  };
}

function prepare(push: Push): PreparedPush | null {
  const fingerprints: string[] = [];
  for (const intent of push.intents) {
    const fingerprint = fingerprintOf(intent);
    if (fingerprint === null) return null;
    fingerprints.push(fingerprint);
  }
  return { ...push, clientId: push.clientId.toLowerCase(), fingerprints };
}
