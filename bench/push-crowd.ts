import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { startEmbeddedPostgres } from '../server/db/embedded-postgres';
import { migrate } from '../server/db/migrate';
import { createPool } from '../server/db/pool';
import { inTransaction } from '../server/db/transaction';
import { migrateJobs } from '../server/jobs/graphile-worker';
import { systemClock } from '../server/platform/clock';
import { newId } from '../server/platform/ids';
import { createLogger, type Logger } from '../server/platform/logger';
import { createMails } from '../server/services/mail/mails';
import type { DeliverOptions } from '../server/services/notices/deliver-notices';
import { createSigningKeys } from '../server/services/passes/signing-keys';
import { createPush } from '../server/services/push/push';
import { createTestReceiver } from '../server/services/push/testing-push-service';
import { makeSite } from '../server/services/sites/make-site';

/** A site whose members are each subscribed with one browser, and a push service on this machine that takes everything. */
export interface PushCrowd {
  readonly pool: Pool;
  readonly url: string;
  readonly siteId: string;
  readonly logger: Logger;
  readonly deliver: DeliverOptions;
  /** When each message came, ms since 1970, by topic: the notice's id without dashes. */
  readonly arrived: Map<string, number>;
  close(): Promise<void>;
}

/** Plain http: of a real push service the TLS handshakes come to it, a few, as connections are kept. */
export async function makePushCrowd(members: number): Promise<PushCrowd> {
  const dataDir = mkdtempSync(join(tmpdir(), 'undercroft-push-'));
  const logger = createLogger({ level: 'error' });
  const postgres = await startEmbeddedPostgres({ dataDir, log: logger });
  await migrate({ url: postgres.url });
  await migrateJobs(postgres.url, logger);
  const pool = createPool({ url: postgres.url });
  const arrived = new Map<string, number>();
  const service = createServer((request, response) => {
    request.resume().on('end', () => {
      arrived.set(String(request.headers['topic']), Date.now());
      response.writeHead(201).end();
    });
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${String((service.address() as AddressInfo).port)}/`;
  const clock = systemClock;
  const secretKey = randomBytes(32);
  const signingKeys = createSigningKeys({ pool, clock, newId, secretKey });
  const siteId = await inTransaction(pool, (client) =>
    makeSite(
      client,
      { name: 'Bench', timeZone: 'Europe/Berlin', registration: 'open', policy: {} },
      { newId, signingKeys },
    ),
  );
  await fill(pool, { siteId, members, endpoint });
  const transport = {
    accepts: () => true,
    post: async (
      to: string,
      { headers, body }: { headers: Readonly<Record<string, string>>; body: Uint8Array },
    ) => {
      const answer = await fetch(to, { method: 'POST', headers, body: Buffer.from(body) });
      await answer.arrayBuffer();
      return { status: answer.status, retryAfter: null };
    },
  };
  const origin = 'https://parking.example';
  const push = createPush({ pool, clock, secretKey, origin, logger, transport });
  const mails = createMails({ pool, clock, newId, secretKey });
  return {
    ...{ pool, url: postgres.url, siteId, logger, arrived },
    deliver: { pool, clock, push, mails, origin, logger },
    async close() {
      service.closeAllConnections();
      service.close();
      await pool.end();
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Users, members, sessions, subscriptions and a slot each; ids of all are the same. */
async function fill(pool: Pool, given: { siteId: string; members: number; endpoint: string }): Promise<void> {
  const { keys } = createTestReceiver();
  const ids = Array.from({ length: given.members }, newId);
  await pool.query(
    `insert into users (user_id, email, name) select id, id || '@x.test', 'x' from unnest($1::uuid[]) id`,
    [ids],
  );
  await pool.query(
    `insert into members (site_id, member_id, user_id, role, name) select $1, id, id, 'resident', 'x' from unnest($2::uuid[]) id`,
    [given.siteId, ids],
  );
  await pool.query(
    `insert into sessions (token_sha256, user_id, site_id, created_at, expires_at, last_seen_at)
     select sha256(id::text::bytea), id, $1, now(), now() + interval '90 days', now() from unnest($2::uuid[]) id`,
    [given.siteId, ids],
  );
  await pool.query(
    `insert into push_subscriptions (endpoint_sha256, session_sha256, user_id, endpoint, p256dh, auth, created_at)
     select sha256(($2 || id)::bytea), sha256(id::text::bytea), id, $2 || id, $3, $4, now() from unnest($1::uuid[]) id`,
    [ids, given.endpoint, keys.p256dh, keys.auth],
  );
  await pool.query(
    `insert into slots (site_id, slot_id, label) select $1, id, 'S-' || n from unnest($2::uuid[]) with ordinality x (id, n)`,
    [given.siteId, ids],
  );
  await pool.query('analyze');
}
