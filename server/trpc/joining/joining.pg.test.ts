import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Registration, Role } from '#shared/domain/entities';
import type { SessionAnswer } from '#shared/protocol/session';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import { inTransaction } from '../../db/transaction';
import { startTestServer, type TestServer } from '../../http/testing';
import { createTestDevice, TEST_PASSWORD, type TestDevice } from '../../http/testing-device';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { open } from '../../platform/secret-key';
import { insertUser } from '../../services/auth/accounts';
import { createPasswordHasher } from '../../services/auth/passwords';
import type { MailKind } from '../../services/mail/mail';
import { mailPurpose } from '../../services/mail/mails';
import { joinSite } from '../../services/sites/join-site';
import { makeSite } from '../../services/sites/make-site';

const DAY = 86_400_000;
const clock = createSettableClock(Date.UTC(2026, 10, 22));
let database: TestDatabase;
let server: TestServer;
let hash: string;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({ databaseUrl: database.url, clock });
  hash = await createPasswordHasher().hash(TEST_PASSWORD);
});
afterAll(async () => {
  await server.close();
  await database.close();
});
beforeEach(() => database.pool.query('truncate rate_limits, mails'));

interface House {
  siteId: string;
  manager: TestDevice;
}

async function addUser(email = `${newId()}@example.test`): Promise<{ userId: string; email: string }> {
  const userId = newId();
  await inTransaction(database.pool, (client) =>
    insertUser(client, { userId, email, name: 'Ada', hash, at: new Date(clock.now()) }),
  );
  return { userId, email };
}

async function enter(siteId: string, userId: string, role: Role): Promise<string> {
  const tools = { newId, now: clock.now() };
  return inTransaction(database.pool, (client) =>
    joinSite(client, { siteId, userId, role, name: 'Ada' }, tools),
  );
}

async function signIn(email: string): Promise<TestDevice> {
  const device = createTestDevice(server.url);
  await device.signIn(email);
  return device;
}

/** A site of this kind with a signed-in manager. */
async function addHouse(registration: Registration = 'invited', name = 'House'): Promise<House> {
  const signingKeys = { make: () => Promise.resolve() };
  const site = { name, timeZone: 'Europe/Berlin', registration } as const;
  const siteId = await inTransaction(database.pool, (client) =>
    makeSite(client, site, { newId, signingKeys }),
  );
  const { userId, email } = await addUser();
  await enter(siteId, userId, 'manager');
  return { siteId, manager: await signIn(email) };
}

interface Issued {
  invitationId: string;
  secret: string;
}

async function issueLink(house: House, terms: Record<string, unknown> = {}): Promise<Issued> {
  const answer = await house.manager.post<Issued>('invitation.issueLink', {
    ...{ role: 'resident', flat: '', days: 7, uses: 1 },
    ...terms,
  });
  if (!answer.data) throw new Error(answer.text);
  return answer.data;
}

/** Somebody new registers; with a device of their own. */
function register(fields: Record<string, unknown> = {}) {
  const device = createTestDevice(server.url);
  const person = { email: `${newId()}@example.test`, name: 'Bo', password: TEST_PASSWORD };
  const answer = device.post<SessionAnswer>('auth.register', { ...person, ...fields });
  return answer.then((it) => ({ ...it, device }));
}

async function mailsTo(
  address: string,
  kind: MailKind,
): Promise<{ kind: string; content: Record<string, unknown> }[]> {
  const { rows } = await database.pool.query<{ mail_id: string; sealed: Buffer }>(
    'select mail_id, sealed from mails where to_address = $1 and kind = $2 order by created_at, mail_id',
    [address, kind],
  );
  const secretKey = new Uint8Array(32).fill(7);
  return rows.map(({ mail_id: id, sealed }) => {
    const text = Buffer.from(open(secretKey, sealed, mailPurpose(id))).toString('utf8');
    return JSON.parse(text) as { kind: string; content: Record<string, unknown> };
  });
}

async function membersOf(siteId: string, role: Role = 'resident'): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    'select count(*) from members where site_id = $1 and role = $2 and left_at is null',
    [siteId, role],
  );
  return rows[0]?.count ?? -1;
}

describe('an invitation by e-mail', () => {
  const terms = { role: 'guard', flat: '', days: 7 };

  it('A1 lets one account with that address into a closed site, with its role and the address proved', async () => {
    const house = await addHouse();
    const email = `${newId()}@example.test`;
    const issued = await house.manager.post('invitation.issueByEmail', {
      ...terms,
      email: email.toUpperCase(),
    });
    expect(issued.status).toBe(200);
    expect(issued.text).not.toContain('secret');
    const [mail] = await mailsTo(email, 'invitation');
    expect(mail).toMatchObject({ kind: 'invitation', content: { siteName: 'House', inviterName: 'Ada' } });
    const secret = String(mail?.content['link']).split('#')[1];

    const stranger = createTestDevice(server.url);
    const view = await stranger.post('invitation.look', { secret });
    expect(view.data).toMatchObject({ siteName: 'House', role: 'guard', email, mine: false });
    expect(await register({ invitation: secret })).toMatchObject({
      error: { code: 'invitation_other_email' },
    });
    const registered = await register({ email, invitation: secret });
    expect(registered.data?.member).toMatchObject({ siteId: house.siteId, role: 'guard' });
    const { rows } = await database.pool.query('select email_verified_at from users where email = $1', [
      email,
    ]);
    expect(rows).toEqual([{ email_verified_at: new Date(clock.now()) }]);
    expect(await stranger.post('invitation.look', { secret })).toMatchObject({
      error: { code: 'invitation_used' },
    });
  });

  it('A1 is for nobody who has an account with another address', async () => {
    const house = await addHouse();
    const email = `${newId()}@example.test`;
    await house.manager.post('invitation.issueByEmail', { ...terms, email });
    const secret = String((await mailsTo(email, 'invitation'))[0]?.content['link']).split('#')[1];
    const other = await signIn((await addUser()).email);
    const answer = await other.post('invitation.accept', { secret });
    expect(answer).toMatchObject({ status: 403, error: { code: 'invitation_other_email' } });
    expect(await membersOf(house.siteId, 'guard')).toBe(0);
  });
});

describe('a link', () => {
  it('A1 attack: invitation reuse and its limit under concurrency: of many at once as many come in as it says', async () => {
    const house = await addHouse();
    const { secret } = await issueLink(house, { uses: 3 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => register({ invitation: secret })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    const refused = answers.filter(({ error }) => error?.code === 'invitation_used');
    expect(refused).toHaveLength(5);
    expect(await membersOf(house.siteId)).toBe(3);
    const { rows } = await database.pool.query('select uses from invitations where site_id = $1', [
      house.siteId,
    ]);
    expect(rows).toEqual([{ uses: 3 }]);
  });

  it('A1 attack: one account takes two invitations at once, and is one member and one use', async () => {
    const house = await addHouse();
    const links = await Promise.all([issueLink(house), issueLink(house), issueLink(house)]);
    const user = await addUser();
    const devices = await Promise.all(links.map(() => signIn(user.email)));
    const answers = await Promise.all(
      links.map(({ secret }, index) => devices[index]!.post('invitation.accept', { secret })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    expect(answers.filter(({ error }) => error?.code === 'already_member')).toHaveLength(2);
    expect(await membersOf(house.siteId)).toBe(1);
    const { rows } = await database.pool.query(
      'select sum(uses)::int as uses from invitations where site_id = $1',
      [house.siteId],
    );
    expect(rows).toEqual([{ uses: 1 }]);
  });

  it('A1 is over at its end, and once the manager has taken it back', async () => {
    const house = await addHouse();
    const { secret } = await issueLink(house, { days: 1 });
    const revoked = await issueLink(house);
    expect(
      (await house.manager.post('invitation.revoke', { invitationId: revoked.invitationId })).status,
    ).toBe(200);
    expect(await register({ invitation: revoked.secret })).toMatchObject({
      error: { code: 'invitation_revoked' },
    });
    clock.advance(DAY);
    expect(await register({ invitation: secret })).toMatchObject({ error: { code: 'invitation_expired' } });
    expect(await register({ invitation: 'A'.repeat(43) })).toMatchObject({
      error: { code: 'invitation_not_found' },
    });
    expect(await register()).toMatchObject({ error: { code: 'registration_closed' } });
    expect(await membersOf(house.siteId)).toBe(0);
  });

  it('A1 C10 K6 is issued by managers alone; for other managers and for many after a proof', async () => {
    const house = await addHouse();
    const resident = (await register({ invitation: (await issueLink(house)).secret })).device;
    const terms = { role: 'manager', flat: '', days: 7, uses: 1 };
    expect(await resident.post('invitation.issueLink', terms)).toMatchObject({
      error: { code: 'role_forbidden' },
    });
    expect(await house.manager.post('invitation.issueLink', { ...terms, uses: 2 })).toMatchObject({
      error: { code: 'invitation_single_use' },
    });
    clock.advance(6 * 60_000);
    expect(await house.manager.post('invitation.issueLink', terms)).toMatchObject({
      error: { code: 'verification_needed' },
    });
    expect((await house.manager.post('invitation.issueLink', { ...terms, role: 'resident' })).status).toBe(
      200,
    );
    for (const [path, many] of [
      ['invitation.issueLink', { ...terms, role: 'resident', uses: 2 }],
      ['invitation.issueSheet', { flats: ['1', '2'], uses: 1, days: 7 }],
    ] as const)
      expect(await house.manager.post(path, many)).toMatchObject({ error: { code: 'verification_needed' } });
    const { rows } = await database.pool.query(
      `select kind, detail from security_events
        where site_id = $1 and kind in ('invitation_issued', 'member_joined') order by at, event_id`,
      [house.siteId],
    );
    expect(rows).toMatchObject([
      { kind: 'invitation_issued', detail: { by: 'link', role: 'resident' } },
      { kind: 'member_joined', detail: { by: 'invitation' } },
      { kind: 'invitation_issued' },
    ]);
  });

  it('A1 attack: across sites by id substitution', async () => {
    const [house, other] = [await addHouse(), await addHouse()];
    const { secret, invitationId } = await issueLink(house);
    expect(await other.manager.post('invitation.revoke', { invitationId })).toMatchObject({
      status: 404,
      error: { code: 'invitation_not_found' },
    });
    expect((await register({ invitation: secret })).status).toBe(200);
  });

  it('A1 attack: mass assignment does not change role, site or uses', async () => {
    const house = await addHouse();
    const { secret } = await issueLink(house, { siteId: newId(), kind: 'email', createdBy: newId() });
    const { data } = await register({
      invitation: secret,
      role: 'manager',
      siteId: newId(),
      isAdministrator: true,
    });
    expect(data).toMatchObject({
      user: { isAdministrator: false },
      member: { siteId: house.siteId, role: 'resident' },
    });
  });

  it('B10 attack: guessing codes meets a limit that says when to come again', async () => {
    const device = createTestDevice(server.url);
    let last = await device.post('invitation.look', { secret: 'ABCDEFGHJK' });
    for (let attempt = 1; attempt < 61; attempt++)
      last = await device.post('invitation.look', { secret: 'ABCDEFGHJK' });
    expect(last).toMatchObject({ status: 429, error: { code: 'too_many_requests' } });
    expect(last.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});

describe('a sheet of codes', () => {
  it('A1 has a code a flat, which may be typed as people type, for as many as it says', async () => {
    const house = await addHouse();
    const sheet = { flats: ['1 left', '1 right'], uses: 2, days: 30 };
    const issued = await house.manager.post<{ sheetId: string; codes: { flat: string; code: string }[] }>(
      'invitation.issueSheet',
      sheet,
    );
    const [left, right] = issued.data?.codes ?? [];
    expect(left).toMatchObject({ flat: '1 left', code: expect.stringMatching(/^[A-HJKMNP-Z2-9]{10}$/) });
    const typed = ` ${left!.code.slice(0, 5).toLowerCase()}-${left!.code.slice(5).toLowerCase()} `;
    expect((await register({ invitation: typed })).status).toBe(200);
    expect((await register({ invitation: left!.code })).status).toBe(200);
    expect(await register({ invitation: left!.code })).toMatchObject({ error: { code: 'invitation_used' } });
    const { rows } = await database.pool.query(
      `select flat, role from members where site_id = $1 and role = 'resident'`,
      [house.siteId],
    );
    expect(rows).toEqual([
      { flat: '1 left', role: 'resident' },
      { flat: '1 left', role: 'resident' },
    ]);
    await house.manager.post('invitation.revoke', { sheetId: issued.data?.sheetId });
    expect(await register({ invitation: right!.code })).toMatchObject({
      error: { code: 'invitation_revoked' },
    });
  });
});

describe('asking to be let in', () => {
  it('A1 an account of no site asks, a manager of that site decides once, and the waiting session sees it', async () => {
    const [house, other] = [await addHouse('request', 'Quiet house'), await addHouse()];
    const { device, data, status } = await register();
    expect({ status, member: data?.member }).toEqual({ status: 200, member: null });
    expect(await device.pull(null)).toMatchObject({ error: { code: 'no_site' } });
    const wish = { siteId: house.siteId, flat: '3', message: 'I live on the third floor' };
    expect(await device.post('joining.ask', { ...wish, siteId: other.siteId })).toMatchObject({
      error: { code: 'site_not_found' },
    });
    const asked = await Promise.all([device.post('joining.ask', wish), device.post('joining.ask', wish)]);
    expect(asked.map(({ error }) => error?.code ?? 'asked').toSorted()).toEqual(['asked', 'join_waiting']);
    const { rows } = await database.pool.query<{ request_id: string }>(
      'select request_id from join_requests where site_id = $1',
      [house.siteId],
    );
    const requestId = rows[0]!.request_id;
    expect(await other.manager.post('joining.decide', { requestId, approve: true })).toMatchObject({
      status: 404,
      error: { code: 'join_request_not_found' },
    });
    const decided = await Promise.all(
      [true, true].map((approve) => house.manager.post('joining.decide', { requestId, approve })),
    );
    expect(decided.map(({ error }) => error?.code ?? 'done').toSorted()).toEqual(['done', 'join_decided']);
    expect(await membersOf(house.siteId)).toBe(1);
    const mails = await mailsTo(data?.user?.email ?? '', 'join_decided');
    expect(mails).toMatchObject([
      { kind: 'join_decided', content: { approved: true, siteName: 'Quiet house' } },
    ]);
    // What a process remembers of a session lasts two seconds, by the test's clock.
    clock.advance(2000);
    expect((await device.pull(null)).data?.replaceScopes).toContain(`site:${house.siteId}`);
    await database.pool.query(`update sites set registration = 'invited' where site_id = $1`, [house.siteId]);
  });

  it('A1 one may take a request back, but not another’s; a refusal is told by mail', async () => {
    const house = await addHouse('request');
    const [mine, theirs] = [await register(), await register()];
    const wish = { siteId: house.siteId, flat: '', message: '' };
    await mine.device.post('joining.ask', wish);
    const { rows } = await database.pool.query<{ request_id: string }>(
      'select request_id from join_requests where site_id = $1',
      [house.siteId],
    );
    const requestId = rows[0]!.request_id;
    expect(await theirs.device.post('joining.withdraw', { requestId })).toMatchObject({ status: 404 });
    expect((await mine.device.post('joining.withdraw', { requestId })).status).toBe(200);
    expect(await house.manager.post('joining.decide', { requestId, approve: true })).toMatchObject({
      error: { code: 'join_decided' },
    });
    await mine.device.post('joining.ask', wish);
    const again = await database.pool.query<{ request_id: string }>(
      'select request_id from join_requests where site_id = $1 and decided_at is null',
      [house.siteId],
    );
    await house.manager.post('joining.decide', { requestId: again.rows[0]!.request_id, approve: false });
    expect(await mailsTo(mine.data?.user?.email ?? '', 'join_decided')).toMatchObject([
      { content: { approved: false } },
    ]);
    expect(await membersOf(house.siteId)).toBe(0);
    await database.pool.query(`update sites set registration = 'invited' where site_id = $1`, [house.siteId]);
  });
});

it('B6 K4 a manager’s open device is poked when somebody has come in, asks or takes it back', async () => {
  const house = await addHouse('request');
  const { secret } = await issueLink(house);
  const stream = await house.manager.openPokes();
  const desk = new RegExp(`"desk:${house.siteId}"`);
  await register({ invitation: secret });
  await stream.waitFor(desk);
  const { device } = await register();
  await device.post('joining.ask', { siteId: house.siteId, flat: '', message: '' });
  await stream.waitFor(desk);
  const { rows } = await database.pool.query<{ request_id: string }>(
    'select request_id from join_requests where site_id = $1',
    [house.siteId],
  );
  await device.post('joining.withdraw', { requestId: rows[0]!.request_id });
  await stream.waitFor(desk);
  stream.close();
  await database.pool.query(`update sites set registration = 'invited' where site_id = $1`, [house.siteId]);
});

/** The word of a manager, in a push of this device. */
async function manage(manager: TestDevice, op: string, args: Record<string, unknown>): Promise<void> {
  await manager.post('auth.verifyByPassword', { password: TEST_PASSWORD });
  const answer = await manager.push([{ op, args }]);
  expect(answer.data?.outcomes).toMatchObject([{ status: 'applied' }]);
}

/** A second manager of the house, and a link for another manager that they have kept for themselves. */
async function addDeputy(house: House) {
  const { userId, email } = await addUser();
  const memberId = await enter(house.siteId, userId, 'manager');
  const device = await signIn(email);
  const { secret } = await issueLink({ ...house, manager: device }, { role: 'manager' });
  return { memberId, device, secret };
}

describe('who is a manager no more', () => {
  it('B6 attack: removed, a manager does not come back by a link that they had made and kept', async () => {
    const house = await addHouse();
    const { memberId, device, secret } = await addDeputy(house);
    await manage(house.manager, 'member.remove@1', { memberId });
    expect(await device.post('invitation.accept', { secret })).toMatchObject({
      error: { code: 'invitation_revoked' },
    });
    expect(await register({ invitation: secret })).toMatchObject({ error: { code: 'invitation_revoked' } });
    expect(await membersOf(house.siteId, 'manager')).toBe(1);
    // The database’s word, not what this process remembered of the session a moment ago.
    const terms = { role: 'resident', flat: '', days: 7, uses: 1 };
    expect(await device.post('invitation.issueLink', terms)).toMatchObject({ error: { code: 'no_site' } });
  });

  it('B6 attack: with another role, their links let nobody in; those of who runs the installation stand', async () => {
    const house = await addHouse();
    const { memberId, secret } = await addDeputy(house);
    await manage(house.manager, 'member.set_role@1', { memberId, role: 'resident' });
    expect(await register({ invitation: secret })).toMatchObject({ error: { code: 'invitation_revoked' } });
    await database.pool.query('update invitations set created_by = $2 where created_by = $1', [
      memberId,
      (await addUser()).userId,
    ]);
    expect((await register({ invitation: secret })).status).toBe(200);
    expect(await membersOf(house.siteId, 'manager')).toBe(2);
  });
});

describe('who was removed', () => {
  /** A resident who came by a link for several, and whom the manager has removed since. */
  async function addRemoved(house: House) {
    const { secret } = await issueLink(house, { uses: 5 });
    const { device, data } = await register({ invitation: secret });
    const memberId = data!.member!.memberId;
    clock.advance(1);
    await manage(house.manager, 'member.remove@1', { memberId });
    clock.advance(1);
    return { device, memberId, secret };
  }

  it('B6 attack: the invitation that they came by brings others in, but not them; a new one does', async () => {
    const house = await addHouse();
    const { device, memberId, secret } = await addRemoved(house);
    expect(await device.post('invitation.accept', { secret })).toMatchObject({
      error: { code: 'invitation_revoked' },
    });
    expect((await register({ invitation: secret })).status).toBe(200);
    const { secret: another } = await issueLink(house);
    const back = await device.post<SessionAnswer>('invitation.accept', { secret: another });
    expect(back.data?.member).toMatchObject({ memberId });
    const { rows } = await database.pool.query('select removed_at from members where member_id = $1', [
      memberId,
    ]);
    expect(rows).toEqual([{ removed_at: null }]);
  });

  it('B6 attack: an open house lets them in when a manager says so, not by their asking', async () => {
    const house = await addHouse();
    const { device } = await addRemoved(house);
    await database.pool.query(`update sites set registration = 'open' where site_id = $1`, [house.siteId]);
    const joinable = await device.get<{ siteId: string; registration: string }[]>('sites.joinable');
    expect(joinable.data?.find(({ siteId }) => siteId === house.siteId)?.registration).toBe('request');
    const wish = { siteId: house.siteId, flat: '', message: 'Sorry' };
    expect((await device.post('joining.ask', wish)).data).toEqual({ session: null });
    expect(await membersOf(house.siteId)).toBe(0);
    const { rows } = await database.pool.query<{ request_id: string }>(
      'select request_id from join_requests where site_id = $1',
      [house.siteId],
    );
    const decision = { requestId: rows[0]!.request_id, approve: true };
    expect((await house.manager.post('joining.decide', decision)).status).toBe(200);
    expect(await membersOf(house.siteId)).toBe(1);
    // Their session looked at this house still; it is not at a loss, without a new sign-in.
    clock.advance(2000);
    expect((await device.pull(null)).data?.replaceScopes).toContain(`site:${house.siteId}`);
    await database.pool.query(`update sites set registration = 'invited' where site_id = $1`, [house.siteId]);
  });

  it('A1 approved, a session that looked at a house they have left sees the one that takes them in', async () => {
    const [left, house] = [await addHouse(), await addHouse('request')];
    const { device } = await addRemoved(left);
    await device.post('joining.ask', { siteId: house.siteId, flat: '', message: '' });
    const { rows } = await database.pool.query<{ request_id: string }>(
      'select request_id from join_requests where site_id = $1',
      [house.siteId],
    );
    await house.manager.post('joining.decide', { requestId: rows[0]!.request_id, approve: true });
    clock.advance(2000);
    expect((await device.pull(null)).data?.replaceScopes).toContain(`site:${house.siteId}`);
    await database.pool.query(`update sites set registration = 'invited' where site_id = $1`, [house.siteId]);
  });

  it('B6 attack: a manager who was removed approves nobody in another process, least of all themselves', async () => {
    const house = await addHouse('request');
    const { memberId, device } = await addDeputy(house);
    const elsewhere = await startTestServer({ databaseUrl: database.url, clock });
    try {
      device.moveTo(elsewhere.url);
      expect((await device.get('auth.session')).status).toBe(200);
      await manage(house.manager, 'member.remove@1', { memberId });
      expect((await device.post('joining.ask', { siteId: house.siteId, flat: '', message: '' })).status).toBe(
        200,
      );
      const { rows } = await database.pool.query<{ request_id: string }>(
        'select request_id from join_requests where site_id = $1',
        [house.siteId],
      );
      const decision = { requestId: rows[0]!.request_id, approve: true };
      expect(await device.post('joining.decide', decision)).toMatchObject({
        error: { code: 'role_forbidden' },
      });
    } finally {
      await elsewhere.close();
    }
    await database.pool.query(`update sites set registration = 'invited' where site_id = $1`, [house.siteId]);
  });
});

describe('one account, several sites', () => {
  it('A1 B10 switches with a new token, to own sites alone', async () => {
    const [first, second, foreign] = [await addHouse(), await addHouse(), await addHouse()];
    const { device, data } = await register({ invitation: (await issueLink(first)).secret });
    const accepted = await device.post<SessionAnswer>('invitation.accept', {
      secret: (await issueLink(second)).secret,
    });
    expect(accepted.data?.member).toMatchObject({ siteId: second.siteId });
    const before = accepted.headers.getSetCookie().at(-1)?.split(';')[0] ?? '';
    const switched = await device.post<SessionAnswer>('sites.switch', { siteId: first.siteId });
    expect(switched.data?.member).toEqual(data?.member);
    const stale = await fetch(`${server.url}/trpc/auth.session`, { headers: { cookie: before } });
    expect(await stale.json()).toMatchObject({ result: { data: { user: null } } });
    expect(await device.post('sites.switch', { siteId: foreign.siteId })).toMatchObject({
      status: 404,
      error: { code: 'site_not_found' },
    });
    expect((await device.pull(null)).data?.replaceScopes).toContain(`site:${first.siteId}`);
  });

  it('B10 switches thirty times in five minutes, and then is told when to come back', async () => {
    const [house, other] = [await addHouse(), await addHouse()];
    const person = await register({ invitation: (await issueLink(house)).secret });
    const neighbour = await register({ invitation: (await issueLink(house)).secret });
    const { siteId } = other;
    for (let count = 0; count < 30; count++)
      expect((await person.device.post('sites.switch', { siteId })).error?.code).toBe('site_not_found');
    const limited = await person.device.post('sites.switch', { siteId: house.siteId });
    expect(limited).toMatchObject({ status: 429, error: { code: 'too_many_requests' } });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    const { status } = await neighbour.device.post('sites.switch', { siteId: house.siteId });
    expect(status).toBe(200);
  });

  it('A1 C5 who comes back is the member they were, without a second starting grant', async () => {
    const house = await addHouse();
    const { device, data } = await register({ invitation: (await issueLink(house)).secret });
    const memberId = data?.member?.memberId;
    await database.pool.query('update members set left_at = $2 where member_id = $1', [
      memberId,
      new Date(clock.now()),
    ]);
    clock.advance(2000);
    const { secret } = await issueLink(house, { flat: '7', role: 'guard' });
    const back = await device.post<SessionAnswer>('invitation.accept', { secret });
    // B10: also with another role, in the session that has brought the invitation.
    expect(back.data?.member).toMatchObject({ memberId, siteId: house.siteId, role: 'guard' });
    const { rows } = await database.pool.query(
      'select count(*)::int as grants from entries where account_id = $1',
      [memberId],
    );
    expect(rows).toEqual([{ grants: 1 }]);
  });
});
