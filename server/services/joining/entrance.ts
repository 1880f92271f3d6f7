import type { Pool, PoolClient } from 'pg';
import type { Role } from '#shared/domain/entities';
import { readInvitation } from '#shared/protocol/invitation';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import type { SecretKey } from '../../platform/secret-key';
import { insertUser } from '../auth/accounts';
import type { AuthResult } from '../auth/auth-result';
import { granted, refused } from '../auth/auth-result';
import type { SecurityLog } from '../security/security-log';
import { pokeAtCommit } from '../pokes/poke-at-commit';
import { joinSite } from '../sites/join-site';
import { countUse, findInvitation, lockInvitation, stillInvites, type Invitation } from './invitation-row';
import { hashInvitation } from './invitation-secret';

/** Where a request came from, for the security log. */
export interface From {
  readonly address: string;
  readonly userAgent: string;
}

/** Somebody without an account yet. E-mail and name are as `normalizeEmail` and `normalizeName` give them. */
export interface Newcomer {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  /** Of the password; undefined without one. */
  readonly hash: string | undefined;
  /** A provider has said that the address is theirs. Default: false. */
  readonly emailVerified?: boolean;
  /** The secret of an invitation, as typed; undefined without one. */
  readonly invitation: string | undefined;
  readonly from: From;
}

/** Somebody with an account who becomes a member. */
export interface Joiner {
  readonly userId: string;
  readonly siteId: string;
  readonly role: Role;
  readonly flat: string;
  readonly by: 'invitation' | 'open' | 'request';
  /** Which one, where it is by one. */
  readonly invitationId?: string;
  /** Who has invited or approved; null where nobody had to, or nobody is left. */
  readonly actorUserId?: string | null;
  readonly from?: From;
}

export interface Entrance {
  /**
   * Whether `register` would let somebody with this e-mail come so far that it matters whether the address has an account:
   * nobody else is to be told. It may still refuse afterwards, since nothing is locked. Refuses as `register` does, but email_taken.
   */
  knock(person: Pick<Newcomer, 'email' | 'invitation'>): Promise<AuthResult<null>>;
  /**
   * Makes the user, and a member of the site that invites or is open (of several the oldest), in the caller's transaction.
   * Without either, but where a site takes requests, a user of no site. A refusal has written nothing.
   * Refuses registration_closed, email_taken, the codes of `findInvitation`, invitation_other_email.
   */
  register(
    client: PoolClient,
    newcomer: Newcomer,
  ): Promise<AuthResult<{ userId: string; siteId: string | null }>>;
  /** Uses an invitation for who has an account. Refuses as `register` does, and already_member. */
  accept(request: { userId: string; secret: string; from: From }): Promise<AuthResult<{ siteId: string }>>;
  /**
   * Makes the user a member, again where they had left; once, however many ask at once. Refuses already_member; for whom a
   * manager has removed also registration_closed where the site is merely open, and invitation_revoked for an older invitation.
   */
  join(client: PoolClient, joiner: Joiner): Promise<AuthResult<{ memberId: string }>>;
}

export interface EntranceOptions {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
  secretKey: SecretKey;
  securityLog: SecurityLog;
}

/**
 * A1: the one door into a site, for every way of registering or joining. Rows are locked in the order invitation, user, member,
 * so that no two transactions wait for each other.
 */
export function createEntrance({ pool, clock, newId, secretKey, securityLog }: EntranceOptions): Entrance {
  const readBy = async <Client>(
    find: (client: Client, invitation: { hash: Buffer; now: number }) => Promise<AuthResult<Invitation>>,
    client: Client,
    typed: string,
  ): Promise<AuthResult<Invitation>> => {
    const secret = readInvitation(typed);
    if (secret === null) return refused('invitation_not_found');
    return await find(client, { hash: hashInvitation(secretKey, secret), now: clock.now() });
  };
  const invitationOf = (client: PoolClient, typed: string) => readBy(lockInvitation, client, typed);

  const welcome = async (client: PoolClient, joiner: Joiner): Promise<string> => {
    const { userId, siteId, role, by, actorUserId, from } = joiner;
    const tools = { newId, now: clock.now() };
    const name = await nameOf(client, userId);
    const memberId = await joinSite(client, { siteId, userId, role, name, flat: joiner.flat }, tools);
    await client.query(
      `update join_requests set decided_at = $3, decision = 'withdrawn'
        where site_id = $1 and user_id = $2 and decided_at is null`,
      [siteId, userId, new Date(clock.now())],
    );
    await securityLog.record(
      {
        ...{ kind: 'member_joined', userId, siteId, detail: { by, role } },
        ...(actorUserId !== undefined && { actorUserId }),
        ...(from && { from }),
      },
      client,
    );
    await pokeAtCommit(client, [`desk:${siteId}`]);
    return memberId;
  };

  const joinOnce = async (client: PoolClient, joiner: Joiner): Promise<AuthResult<{ memberId: string }>> => {
    await client.query('select from users where user_id = $1 for no key update', [joiner.userId]);
    if (await isMember(client, joiner)) return refused('already_member');
    const { by, siteId, userId, invitationId } = joiner;
    if (by === 'open' && ((await wasRemoved(client, joiner)) || !(await staysOpen(client, siteId))))
      return refused('registration_closed');
    if (invitationId !== undefined && !(await stillInvites(client, { siteId, invitationId }, userId)))
      return refused('invitation_revoked');
    return granted({ memberId: await welcome(client, joiner) });
  };

  return {
    join: joinOnce,

    async knock({ email, invitation: typed }) {
      if (typed === undefined)
        return (await findDoor(pool)) === 'closed' ? refused('registration_closed') : granted(null);
      const found = await readBy(findInvitation, pool, typed);
      if (!found.ok) return found;
      return isForAnother(found.value, email) ? refused('invitation_other_email') : granted(null);
    },

    async register(client, { userId, email, name, hash, emailVerified, invitation: typed, from }) {
      const found = typed === undefined ? null : await invitationOf(client, typed);
      if (found && !found.ok) return found;
      const invitation = found?.value ?? null;
      if (invitation && isForAnother(invitation, email)) return refused('invitation_other_email');
      const door = invitation ? 'invited' : await findDoor(client);
      if (door === 'closed') return refused('registration_closed');
      if (typeof door === 'object' && !(await staysOpen(client, door.siteId)))
        return refused('registration_closed');

      const at = new Date(clock.now());
      if (!(await insertUser(client, { userId, email, name, hash, at }))) return refused('email_taken');
      // Whoever has the secret of a mail has read the mail.
      if (emailVerified === true || invitation?.kind === 'email') await noteVerified(client, userId, at);
      await securityLog.record({ kind: 'registered', userId, from }, client);
      if (invitation) {
        await countUse(client, invitation);
        await welcome(client, { userId, ...joinerOf(invitation), from });
        return granted({ userId, siteId: invitation.siteId });
      }
      if (typeof door !== 'object') return granted({ userId, siteId: null });
      await welcome(client, { userId, siteId: door.siteId, role: 'resident', flat: '', by: 'open', from });
      return granted({ userId, siteId: door.siteId });
    },

    accept: ({ userId, secret, from }) =>
      inTransaction(pool, async (client) => {
        const found = await invitationOf(client, secret);
        if (!found.ok) return found;
        const invitation = found.value;
        if (isForAnother(invitation, await emailOf(client, userId))) return refused('invitation_other_email');
        const joined = await joinOnce(client, { userId, ...joinerOf(invitation), from });
        if (!joined.ok) return joined;
        await countUse(client, invitation);
        if (invitation.kind === 'email') await noteVerified(client, userId, new Date(clock.now()));
        return granted({ siteId: invitation.siteId });
      }),
  };
}

/** Whether somebody without an invitation gets an account, and whether that makes them a member at once. */
export async function findDoor(
  client: Pick<PoolClient, 'query'>,
): Promise<{ readonly siteId: string } | 'request' | 'closed'> {
  const { rows } = await client.query<{ site_id: string; registration: 'open' | 'request' }>(
    `select site_id, registration from sites where registration in ('open', 'request')
      order by registration = 'open' desc, created_at, site_id limit 1`,
  );
  const [site] = rows;
  if (!site) return 'closed';
  return site.registration === 'open' ? { siteId: site.site_id } : 'request';
}

/**
 * Whether the site is still open, and then for the rest of the transaction to whoever closes it because nobody is left there
 * (account/delete-account), which asks for the whole row.
 */
async function staysOpen(client: PoolClient, siteId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from sites where site_id = $1 and registration = 'open' for key share`,
    [siteId],
  );
  return rowCount === 1;
}

/** An invitation by mail is for the account with that address: a mail that was passed on, or read by others, lets nobody in. */
function isForAnother({ email: invited }: Invitation, email: string): boolean {
  return invited !== null && invited !== email.toLowerCase();
}

function joinerOf(invitation: Invitation): Omit<Joiner, 'userId'> {
  const { siteId, invitationId, role, flat, inviterUserId } = invitation;
  return { siteId, role, flat, by: 'invitation', invitationId, actorUserId: inviterUserId };
}

/** Whether a manager has ended the user's membership there, and nobody has let them in since. */
export async function wasRemoved(
  client: Pick<PoolClient, 'query'>,
  { siteId, userId }: Pick<Joiner, 'siteId' | 'userId'>,
): Promise<boolean> {
  const { rowCount } = await client.query(
    'select from members where site_id = $1 and user_id = $2 and removed_at is not null',
    [siteId, userId],
  );
  return rowCount === 1;
}

async function isMember(client: PoolClient, { siteId, userId }: Joiner): Promise<boolean> {
  const { rowCount } = await client.query(
    'select from members where site_id = $1 and user_id = $2 and left_at is null',
    [siteId, userId],
  );
  return rowCount === 1;
}

async function nameOf(client: PoolClient, userId: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>('select name from users where user_id = $1', [
    userId,
  ]);
  if (!rows[0]) throw new Error(`there is no user ${userId}`);
  return rows[0].name;
}

async function emailOf(client: PoolClient, userId: string): Promise<string> {
  const { rows } = await client.query<{ email: string }>('select email from users where user_id = $1', [
    userId,
  ]);
  return rows[0]?.email ?? '';
}

async function noteVerified(client: PoolClient, userId: string, at: Date): Promise<void> {
  await client.query(
    'update users set email_verified_at = $2 where user_id = $1 and email_verified_at is null',
    [userId, at],
  );
}
