import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import type { Member, Role } from '#shared/domain/entities';
import type { SitePolicy } from '#shared/domain/policy';
import type { Op } from '#shared/domain/intent';
import type { Outcome, WireIntent } from '#shared/protocol/push';
import { inTransaction } from '../db/transaction';
import { createSettableClock, type SettableClock } from '../platform/clock';
import { newId } from '../platform/ids';
import { createLogger, type Logger } from '../platform/logger';
import type { SecretKey } from '../platform/secret-key';
import { createKeyBundles, type KeyBundles } from '../services/passes/key-bundles';
import { createPassIssuer, type PassIssuer } from '../services/passes/pass-issuer';
import { createSigningKeys, type SigningKeys } from '../services/passes/signing-keys';
import { createStatusIndexes } from '../services/passes/status-indexes';
import { createStatusLists, type StatusLists } from '../services/passes/status-lists';
import { joinSite } from '../services/sites/join-site';
import { makeSite } from '../services/sites/make-site';
import { createArbiter, type Arbiter, type ArbiterOptions } from './arbiter';
import type { SubmitResult } from './push';

/** 2026-03-02T10:00:00Z, where the tests' clock begins. */
export const NOW = Date.UTC(2026, 2, 2, 10);
export const HOUR = 3_600_000;

/** A site in a test database with what an arbiter needs. */
export interface TestSite {
  readonly siteId: string;
  readonly pool: Pool;
  readonly clock: SettableClock;
  readonly signingKeys: SigningKeys;
  /** What the site's keys are sealed under: another process has the same. */
  readonly secretKey: SecretKey;
  readonly statusLists: StatusLists;
  readonly keyBundles: KeyBundles;
  readonly passIssuer: PassIssuer;
  /** What the arbiters said they had touched, in order. */
  readonly committed: string[][];
  /** Lines the arbiters logged. */
  readonly logged: string[];
  join(role?: Role): Promise<Member>;
  addSlot(
    label: string,
    fields?: { level?: string; owner?: Member; lent?: [number, number] },
  ): Promise<string>;
  arbiter(options?: Partial<ArbiterOptions>): Arbiter;
}

export async function makeTestSite(pool: Pool, policy: Partial<SitePolicy> = {}): Promise<TestSite> {
  const clock = createSettableClock(NOW);
  const secretKey = randomBytes(32);
  const signingKeys = createSigningKeys({ pool, clock, newId, secretKey });
  const siteId = await inTransaction(pool, (client) =>
    makeSite(
      client,
      { name: 'Test', timeZone: 'Europe/Berlin', registration: 'open', policy },
      { newId, signingKeys },
    ),
  );
  const statusLists = createStatusLists({ pool, clock, signingKeys });
  const passIssuer = createPassIssuer({ signingKeys, statusIndexes: createStatusIndexes(pool) });
  const committed: string[][] = [];
  const logged: string[] = [];
  const logger: Logger = createLogger({ write: (line) => void logged.push(line) });
  const keyBundles = createKeyBundles({ pool, clock, signingKeys, logger });
  return {
    siteId,
    pool,
    clock,
    signingKeys,
    secretKey,
    statusLists,
    keyBundles,
    passIssuer,
    committed,
    logged,
    async join(role = 'resident') {
      const userId = newId();
      await pool.query(`insert into users (user_id, email, name) values ($1, $2, 'Mara')`, [
        userId,
        `${userId}@example.test`,
      ]);
      const id = await inTransaction(pool, (client) =>
        joinSite(client, { siteId, userId, role, name: 'Mara' }, { newId, now: clock.now() }),
      );
      return { id, role, name: 'Mara', plate: '', leftAt: null };
    },
    async addSlot(label, { level = '', owner, lent } = {}) {
      const slotId = newId();
      await pool.query(
        `insert into slots (site_id, slot_id, label, level, owner_id, lent, opened)
         select $1, $2, $3, $4, $5, l, l
           from (select case when $6::timestamptz is null then '{}' else tstzmultirange(tstzrange($6, $7)) end as l) as x`,
        [siteId, slotId, label, level, owner?.id ?? null, ...(lent ?? [null, null]).map(dateOf)],
      );
      return slotId;
    },
    arbiter: (options = {}) =>
      createArbiter({
        pool,
        clock,
        newId,
        passIssuer,
        signingKeys,
        statusLists,
        logger,
        onCommitted: (scopes) => void committed.push(scopes),
        ...options,
      }),
  };
}

function dateOf(at: number | null): Date | null {
  return at === null ? null : new Date(at);
}

/** A device of a member: it counts its seqs. */
export class TestDevice {
  readonly clientId = newId();
  /** Who sits there has just signed in, unless a test says otherwise. */
  verifiedAt: number | null = NOW;
  /** By the device's own clock; undefined: it does not say. */
  sentAt: number | undefined = undefined;
  #seq = 0;

  constructor(
    private readonly site: TestSite,
    readonly member: Member,
    private readonly arbiter: Arbiter,
  ) {}

  intent(
    op: Op | (string & {}),
    args: Record<string, unknown>,
    fields: Partial<WireIntent> = {},
  ): WireIntent {
    return { seq: ++this.#seq, id: newId(), op, args, deviceTime: NOW, expiresAt: null, ...fields };
  }

  push(...intents: WireIntent[]): Promise<SubmitResult> {
    return this.arbiter.submit({
      siteId: this.site.siteId,
      member: this.member,
      clientId: this.clientId,
      verifiedAt: this.verifiedAt,
      sentAt: this.sentAt,
      intents,
    });
  }

  /** Pushes one intent and answers its outcome; throws when the push as a whole was refused. */
  async do(op: Op | (string & {}), args: Record<string, unknown>): Promise<Outcome> {
    const [outcome] = outcomesOf(await this.push(this.intent(op, args)));
    if (!outcome) throw new Error('no outcome');
    return outcome;
  }

  reserve(slotId: string, startHour: number, endHour: number, reservationId = newId()): Promise<Outcome> {
    return this.do('reservation.create@1', {
      reservationId,
      slotId,
      start: NOW + startHour * HOUR,
      end: NOW + endHour * HOUR,
    });
  }
}

export function outcomesOf(result: SubmitResult): readonly Outcome[] {
  if (!result.ok) throw new Error(`the push was refused: ${result.code}`);
  return result.outcomes;
}

/** The balances of a site's accounts by account id. */
export async function balancesOf(site: TestSite): Promise<Map<string, number>> {
  const { rows } = await site.pool.query<{ account_id: string; balance: number }>(
    'select account_id, balance from accounts where site_id = $1',
    [site.siteId],
  );
  return new Map(rows.map((row) => [row.account_id, row.balance]));
}
