import type { Outcome } from '#shared/protocol/push';
import type { Logger } from '../platform/logger';
import { runBatch, type BatchResult, type BatchTools } from './batch';
import { isIntentFault } from './intent-fault';
import type { PreparedPush, SubmitResult } from './push';

/**
 * What happens to a batch that failed for no reason of the network or of locking: each push alone; a push that fails alone,
 * intent by intent, each in a transaction of its own; an intent that fails alone is quarantined with its args kept. Only
 * what `isIntentFault` leads there: any other failure makes the push `unavailable`, and the device sends it again.
 */
export function createIsolation(tools: BatchTools, logger: Logger) {
  async function decideAlone(push: PreparedPush): Promise<BatchResult> {
    try {
      return await runBatch(tools, [push]);
    } catch (error) {
      if (!isIntentFault(error)) return failed('unavailable', error);
      return decideOneByOne(push);
    }
  }

  async function decideOneByOne(push: PreparedPush): Promise<BatchResult> {
    const scopes = new Set<string>();
    const sitesWithRevocations = new Set<string>();
    const freedSites = new Set<string>();
    const outcomes: Outcome[] = [];
    let last: SubmitResult = { ok: false, code: 'internal' };
    for (const index of push.intents.keys()) {
      const done = await decideOne(only(push, index));
      for (const scope of done.scopes) scopes.add(scope);
      for (const siteId of done.sitesWithRevocations) sitesWithRevocations.add(siteId);
      for (const siteId of done.freedSites) freedSites.add(siteId);
      last = done.results[0]!;
      // What was decided before it stays decided and is told when the device sends it again.
      if (!last.ok) break;
      outcomes.push(...last.outcomes);
    }
    const result: SubmitResult = last.ok ? { ...last, outcomes } : last;
    return { results: [result], scopes, sitesWithRevocations, freedSites };
  }

  async function decideOne(push: PreparedPush): Promise<BatchResult> {
    try {
      return await runBatch(tools, [push]);
    } catch (error) {
      if (!isIntentFault(error)) return failed('unavailable', error);
      const { seq, op, id } = push.intents[0]!;
      logger.error('An intent was put aside', { error, op, seq, intentId: id, siteId: push.siteId });
    }
    try {
      return await runBatch(tools, [push], { quarantine: true });
    } catch (error) {
      return failed(isIntentFault(error) ? 'internal' : 'unavailable', error);
    }
  }

  function failed(code: 'unavailable' | 'internal', error: unknown): BatchResult {
    logger.error('A push could not be decided', { error, code });
    const nowhere = new Set<string>();
    return {
      results: [{ ok: false, code }],
      ...{ scopes: nowhere, sitesWithRevocations: nowhere, freedSites: nowhere },
    };
  }

  return { decideAlone };
}

function only(push: PreparedPush, index: number): PreparedPush {
  return { ...push, intents: [push.intents[index]!], fingerprints: [push.fingerprints[index]!] };
}
