import { webcrypto } from 'node:crypto';
import { Agent } from 'node:http';
import type { Pool } from 'pg';
import { parsePoint } from '#shared/pass/p256';
import { showLivePass } from '#shared/pass/show-pass';
import { signWith } from '#shared/pass/web-crypto';
import { newId } from '../server/platform/ids';
import { makeBenchSite, type BenchMember } from './arbiter-site';
import { pushIntents } from './push-reservations';

const HOUR = 3_600_000;
const QUARTER = HOUR / 4;
const { subtle } = webcrypto;

/** Residents' phones whose passes the product has issued for right now. */
export interface BenchPhones {
  readonly count: number;
  /** What phone `index` shows now; `ctr` counts up from showing to showing. */
  show(index: number, ctr: number): Promise<string>;
}

/** `count` residents, each with a slot reserved for the next two hours and a pass bound to a key that the bench holds. */
export async function makePhones(pool: Pool, origin: string, count: number): Promise<BenchPhones> {
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const point = parsePoint(new Uint8Array(await subtle.exportKey('raw', pair.publicKey)))!;
  const holderKey = Buffer.from([2 + (point.y[31]! & 1), ...point.x]).toString('base64url');
  const site = await makeBenchSite(pool, { members: count, slots: count });
  // Lent since yesterday: the window of a pass that is good now began before the bench did.
  await pool.query(
    `update slots set lent = tstzmultirange(tstzrange(now() - interval '1 day', now() + interval '1 day', '[)'))
      where slot_id = any($1)`,
    [site.slotIds],
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const start = Math.floor(Date.now() / QUARTER) * QUARTER;
  const reserve = async (member: BenchMember, index: number): Promise<void> => {
    const window = { start, end: start + 2 * HOUR };
    const outcomes = await pushIntents(agent, origin, member, [
      { op: 'pass.bind@1', args: { holderKey, reservationId: null } },
      {
        op: 'reservation.create@1',
        args: { reservationId: newId(), slotId: site.slotIds[index]!, ...window },
      },
    ]);
    const refused = outcomes.find(({ status }) => status !== 'applied');
    if (refused) throw new Error(`not applied: ${JSON.stringify(refused)}`);
  };
  await Promise.all(site.members.map(reserve));
  agent.destroy();
  const { rows } = await pool.query<{ signed: Buffer }>(
    'select signed from passes where holder_key is not null',
  );
  if (rows.length < count) throw new Error(`${rows.length} bound passes instead of ${count}`);
  const sign = signWith(subtle, pair.privateKey);
  return {
    count: rows.length,
    show: (index, ctr) =>
      showLivePass({
        subtle,
        pass: rows[index]!.signed,
        t: Math.floor(Date.now() / 1000),
        ctr,
        nonce: null,
        sign,
      }),
  };
}
