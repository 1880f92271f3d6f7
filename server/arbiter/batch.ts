import type { Pool, PoolClient } from 'pg';
import type { decide } from '#shared/domain/decide';
import type { Pass } from '#shared/domain/entities';
import { askedAt } from '#shared/domain/notices-of';
import type { State } from '#shared/domain/state';
import type { Outcome, WireIntent } from '#shared/protocol/push';
import { together } from '../db/together';
import { inTransaction } from '../db/transaction';
import type { Clock } from '../platform/clock';
import type { PassIssuer } from '../services/passes/pass-issuer';
import type { SigningKeys } from '../services/passes/signing-keys';
import { admit, type Admission } from './admit';
import { findAlternatives } from './alternatives';
import { advanceClients, clientKey, lockClients } from './clients';
import { decideBatch, type DecidedBatch, type Verdict } from './decide-batch';
import { freedSites } from './freed-sites';
import { IntentFaultError } from './intent-fault';
import { findStored, findUsedIds, writeJournal, type JournalEntry, type UsedId } from './journal';
import { loadStates, type Loaded } from './load';
import { rowsOf, type NetChanges } from './net-changes';
import type { PreparedPush, SubmitResult } from './push';
import { readIntent, type IntentReading } from './read-intent';
import { planReads, type Wish } from './read-plan';
import { writeSigningKeys } from './signing-keys';
import { SiteKeys } from './site-keys';
import { touchedScopes } from './touched-scopes';
import { writeMovements, writePasses, writePlaces, writePolicies, type SignedPass } from './write';
import { writeSecurityEvents } from './write-security';
import { writeLending } from './write-lending';
import { writeNotices } from './write-notices';
import { writeScans } from './write-scans';
import { writeSlots } from './write-slots';
import { writeTopups } from './write-topups';
import { writeWaitlist } from './write-waitlist';
import { writeVisitors } from './write-visitors';

export interface BatchTools {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly passIssuer: PassIssuer;
  readonly signingKeys: Pick<SigningKeys, 'make'>;
  readonly decide: typeof decide;
}

export interface BatchResult {
  /** In the order of the pushes. */
  readonly results: readonly SubmitResult[];
  readonly scopes: ReadonlySet<string>;
  /** Sites whose status list has become old. */
  readonly sitesWithRevocations: ReadonlySet<string>;
  /** E8: sites where there may be something for who waits. */
  readonly freedSites: ReadonlySet<string>;
}

const RETRIES = 8;

/**
 * Decides all intents of these pushes, of different clients each, in one transaction, and commits it. Run again whole on
 * what `isRetryable`. With `quarantine` every new intent is put aside undecided.
 * @throws what made the transaction fail; nothing is changed then
 */
export async function runBatch(
  tools: BatchTools,
  pushes: readonly PreparedPush[],
  options: { quarantine?: boolean } = {},
): Promise<BatchResult> {
  const attempts: BatchResult[] = [];
  const attempt = async (client: PoolClient): Promise<BatchResult> => {
    const done = await runOnce(tools, client, pushes, options.quarantine ?? false);
    attempts.push(done);
    return done;
  };
  // Whatever was committed is found in the journal when it runs again.
  const last = await inTransaction(tools.pool, attempt, { idempotent: true, retries: RETRIES });
  // A run whose COMMIT was never answered may have changed what the last one only found: devices are to hear of it.
  return {
    ...last,
    scopes: new Set(attempts.flatMap(({ scopes }) => [...scopes])),
    sitesWithRevocations: new Set(attempts.flatMap((one) => [...one.sitesWithRevocations])),
    freedSites: new Set(attempts.flatMap((one) => [...one.freedSites])),
  };
}

/** A new intent on its way through the batch. */
interface FreshIntent {
  readonly push: PreparedPush;
  readonly wire: WireIntent;
  readonly fingerprint: string;
  readonly intentId: string;
  readonly reading: IntentReading | RepeatReading;
}

/**
 * The same intent of the same member as one that was decided, or is to be in this batch, under another clientId or seq:
 * a device sends again under a new clientId what its former one may have sent already.
 */
interface RepeatReading {
  readonly kind: 'repeat';
  /** What was decided; of an intent of this batch, that intent as it came. */
  readonly of: Outcome | WireIntent;
}

async function runOnce(
  tools: BatchTools,
  client: PoolClient,
  pushes: readonly PreparedPush[],
  quarantine: boolean,
): Promise<BatchResult> {
  const now = tools.clock.now();
  const [admissions, used] = await together([admitPushes(client, pushes), findUsed(client, pushes)]);
  const fresh = readFresh(tools, pushes, admissions, { used, now, quarantine });
  if (fresh.length === 0) {
    return {
      results: pushes.map((push, index) => resultOf(admissions[index]!, new Map(), now)),
      scopes: new Set(),
      sitesWithRevocations: new Set(),
      freedSites: new Set(),
    };
  }
  const wishes = fresh.flatMap((intent) => wishOf(intent, now));
  const loaded = wishes.length > 0 ? await loadStates(client, planReads(wishes), now) : nothingLoaded();
  const decided = decideBatch(wishes, loaded, { decide: tools.decide, now, newId: tools.newId });
  const made = await signAndWritePlaces(tools, client, decided, loaded, now);
  const outcomes = await settleOutcomes(client, fresh, decided.verdicts, now);
  await together([
    writePasses(client, changedPasses(decided, loaded), made, now),
    writeMovements(client, decided.nets),
    writePolicies(client, decided.nets),
    writeSecurityEvents(client, { wishes, verdicts: decided.verdicts }, { newId: tools.newId, now }),
    writeJournal(client, journalOf(fresh, outcomes, now)),
    advanceClients(client, advancesOf(pushes, admissions)),
  ]);
  return {
    results: pushes.map((push, index) => resultOf(admissions[index]!, outcomes, now)),
    scopes: touchedScopes(decided.nets, loaded.states),
    sitesWithRevocations: new Set(
      rowsOf(decided.nets, (net) => net.passes.values())
        .filter(({ row }) => row.status !== 'valid')
        .map(({ siteId }) => siteId),
    ),
    freedSites: freedSites(decided.nets, (table, siteId, id) =>
      loaded.stored.has(`${table}/${siteId}/${id}`),
    ),
  };
}

async function admitPushes(client: PoolClient, pushes: readonly PreparedPush[]): Promise<Admission[]> {
  const clients = await lockClients(client, pushes);
  const known = pushes.filter((push) => {
    const lastSeq = clients.get(clientKey(push))?.lastSeq ?? 0;
    return push.intents.some((intent) => intent.seq <= lastSeq);
  });
  const stored = known.length > 0 ? await findStored(client, known) : new Map<string, never>();
  return pushes.map((push) => {
    const row = clients.get(clientKey(push));
    if (!row) return { ok: false, code: 'no_site' };
    return admit(push, row, stored.get(clientKey(push)) ?? new Map());
  });
}

/** Sent behind the clients' locks, so that it sees what they waited for. */
function findUsed(client: PoolClient, pushes: readonly PreparedPush[]): Promise<Map<string, UsedId>> {
  const keys = pushes.flatMap((push) => push.intents.map(({ id }) => ({ siteId: push.siteId, id })));
  return findUsedIds(client, { siteIds: keys.map(({ siteId }) => siteId), ids: keys.map(({ id }) => id) });
}

function readFresh(
  tools: BatchTools,
  pushes: readonly PreparedPush[],
  admissions: readonly Admission[],
  { used, now, quarantine }: { used: ReadonlyMap<string, UsedId>; now: number; quarantine: boolean },
): FreshIntent[] {
  const admitted = pushes.flatMap((push, index) => {
    const admission = admissions[index]!;
    if (!admission.ok) return [];
    return admission.intents.flatMap((item) => (item.kind === 'new' ? [{ push, ...item }] : []));
  });
  const firstInBatch = new Map<string, FirstUse>();
  return admitted.map(({ push, intent, fingerprint }) => {
    const key = `${push.siteId}/${intent.id.toLowerCase()}`;
    const stored = used.get(key);
    const first = stored ? { ...stored, of: stored.outcome } : firstInBatch.get(key);
    // The journal holds one row under an id, so what comes second under it is kept under a new one.
    if (first) return { push, wire: intent, fingerprint, intentId: tools.newId(), reading: repeatOf(first) };
    firstInBatch.set(key, { memberId: push.member.id, fingerprint, of: intent });
    return {
      push,
      wire: intent,
      fingerprint,
      intentId: intent.id,
      reading: quarantine
        ? { kind: 'settled', status: 'quarantined', code: 'intent_quarantined' }
        : readIntent(intent, now),
    };

    function repeatOf({ memberId, fingerprint: known, of }: FirstUse): IntentReading | RepeatReading {
      const isSame = memberId === push.member.id && known === fingerprint;
      if (isSame) return { kind: 'repeat', of };
      return { kind: 'settled', status: 'quarantined', code: 'intent_id_reused' };
    }
  });
}

/** Whose intent came first under an id. */
interface FirstUse extends Pick<RepeatReading, 'of'> {
  readonly memberId: string;
  readonly fingerprint: string;
}

function wishOf({ push, wire, intentId, reading }: FreshIntent, now: number): Wish[] {
  if (reading.kind !== 'readable' && reading.kind !== 'expired') return [];
  const { siteId, clientId, verifiedAt = null } = push;
  const deviceTime = askedAt(wire.deviceTime, { now, sentAt: push.sentAt });
  const asked = { siteId, memberId: push.member.id, clientId, verifiedAt };
  const isExpired = reading.kind === 'expired';
  return [{ ...asked, intentId, deviceTime, intent: reading.intent, isExpired }];
}

function nothingLoaded(): Loaded {
  return { states: new Map<string, State>(), stored: new Set(), lockedSlots: new SiteKeys() };
}

/** Writes all that comes before the last locks, and signs the new passes on other threads meanwhile. */
async function signAndWritePlaces(
  tools: BatchTools,
  client: PoolClient,
  { nets }: DecidedBatch,
  { stored, states }: Loaded,
  now: number,
): Promise<SignedPass[]> {
  const isStored = (table: string, siteId: string, id: string) => stored.has(`${table}/${siteId}/${id}`);
  const [made] = await together([
    signPasses(tools.passIssuer, nets, (siteId, id) => !isStored('passes', siteId, id)),
    writeSlots(client, nets, isStored),
    writePlaces(client, nets, isStored, now),
    writeScans(client, nets, states),
    writeVisitors(client, nets, (siteId, id) => isStored('visitorPasses', siteId, id)),
    writeSigningKeys(client, nets, tools.signingKeys),
    writeLending(client, nets, isStored),
    writeWaitlist(client, nets, isStored),
    writeTopups(client, nets, isStored),
    writeNotices(client, nets),
  ]);
  return made;
}

/** The passes that only change. */
function changedPasses({ nets }: DecidedBatch, { stored }: Loaded): { siteId: string; row: Pass }[] {
  return rowsOf(nets, (net) => net.passes.values()).filter(({ siteId, row }) =>
    stored.has(`passes/${siteId}/${row.id}`),
  );
}

async function signPasses(
  issuer: PassIssuer,
  nets: ReadonlyMap<string, NetChanges>,
  isNew: (siteId: string, passId: string) => boolean,
): Promise<SignedPass[]> {
  const bySite = [...nets].map(async ([siteId, net]): Promise<SignedPass[]> => {
    const passes: Pass[] = [...net.passes.values()].filter((pass) => isNew(siteId, pass.id));
    const issued = await issuer.issue(siteId, passes).catch((error: unknown) => {
      // By its promise, what no key can sign: that is the pass which the rule made, and will be so the next time.
      throw error instanceof RangeError ? new IntentFaultError(error) : error;
    });
    return passes.map((pass, index) => ({ siteId, pass, issued: issued[index]! }));
  });
  return (await Promise.all(bySite)).flat();
}

/** The outcomes by fresh intent's key, with alternatives where a slot was taken or its price has changed. */
async function settleOutcomes(
  client: PoolClient,
  fresh: readonly FreshIntent[],
  verdicts: readonly Verdict[],
  now: number,
): Promise<Map<WireIntent, Outcome>> {
  const taken = verdicts.flatMap((verdict) => verdict.taken ?? []);
  const alternatives = (await findAlternatives(client, taken, now)).values();
  const remaining = verdicts.values();
  const outcomes = new Map<WireIntent, Outcome>();
  for (const { wire, reading } of fresh) {
    const { seq, id } = wire;
    if (reading.kind === 'repeat') {
      // An intent of this batch came before its repetition, so its outcome is there.
      const first = 'status' in reading.of ? reading.of : outcomes.get(reading.of)!;
      outcomes.set(wire, { ...first, seq, id });
      continue;
    }
    const verdict =
      reading.kind === 'settled'
        ? { status: reading.status, code: reading.code, data: {}, taken: null, atNewPrice: null }
        : remaining.next().value!;
    outcomes.set(wire, {
      seq,
      id,
      status: verdict.status,
      code: verdict.code,
      data: verdict.data,
      alternatives: verdict.taken
        ? alternatives.next().value!
        : verdict.atNewPrice
          ? [verdict.atNewPrice]
          : [],
    });
  }
  return outcomes;
}

function journalOf(
  fresh: readonly FreshIntent[],
  outcomes: ReadonlyMap<WireIntent, Outcome>,
  now: number,
): JournalEntry[] {
  return fresh.map(({ push, wire, fingerprint, intentId }) => ({
    push,
    wire,
    fingerprint,
    intentId,
    decidedAt: now,
    outcome: outcomes.get(wire)!,
  }));
}

function advancesOf(pushes: readonly PreparedPush[], admissions: readonly Admission[]) {
  return pushes.flatMap((push, index) => {
    const admission = admissions[index]!;
    if (!admission.ok || admission.intents.every((item) => item.kind === 'stored')) return [];
    return [{ siteId: push.siteId, clientId: push.clientId, lastSeq: admission.lastSeq }];
  });
}

function resultOf(
  admission: Admission,
  outcomes: ReadonlyMap<WireIntent, Outcome>,
  now: number,
): SubmitResult {
  if (!admission.ok) return admission;
  return {
    ok: true,
    serverNow: now,
    lastSeq: admission.lastSeq,
    outcomes: admission.intents.map((item) =>
      item.kind === 'stored' ? item.outcome : outcomes.get(item.intent)!,
    ),
  };
}
