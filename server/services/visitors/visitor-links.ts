import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { openUses, usesAllowed, type Passage } from '#shared/domain/pass-uses';
import { LINK_TOKEN, type VisitorLinkView } from '#shared/protocol/visitor-link';
import type { Clock } from '../../platform/clock';
import type { SiteIntents } from './site-intents';

export interface VisitorLinks {
  /**
   * D2: what the link with this secret shows to the phone with this holder key (base64url of the compressed point; null to
   * look only). The first phone that gives a key to a pass that is to be bound has it from then on. Null for whatever
   * no pass has for its link, however it is written: guessing teaches nothing.
   */
  open(token: string, holderKey: string | null): Promise<VisitorLinkView | null>;
}

export interface VisitorLinksOptions {
  readonly pool: Pick<Pool, 'query'>;
  readonly clock: Clock;
  readonly siteIntents: SiteIntents;
}

/** The links of visitor passes. The secret itself goes no further than this module; the database has its SHA-256. */
export function createVisitorLinks({ pool, clock, siteIntents }: VisitorLinksOptions): VisitorLinks {
  return {
    async open(token, holderKey) {
      if (!LINK_TOKEN.test(token)) return null;
      const hash = createHash('sha256').update(Buffer.from(token, 'base64url')).digest();
      const found = await findVisit(pool, hash);
      if (!found) return null;
      const view = viewOf(found, holderKey, clock.now());
      if (holderKey === null || view.holder !== 'nobody_yet' || view.state !== 'valid') return view;
      // What the rules say is seen in the rows: another phone may have been quicker, or somebody has revoked it.
      await siteIntents.submit(found.site_id, {
        op: 'visitor.open@1',
        args: { visitorPassId: found.visitor_pass_id, holderKey },
      });
      const opened = await findVisit(pool, hash);
      return opened && viewOf(opened, holderKey, clock.now());
    },
  };
}

const VISIT_BY_LINK = {
  name: 'visitor-links-find',
  text: `select v.site_id, v.visitor_pass_id, s.name as site_name, s.time_zone, v.uses, v.plate, v.binds, v.revoked_at,
                lower(v.during) as starts_at, upper(v.during) as ends_at, p.code, p.signed,
                p.holder_key,
                array(select w.name from visitors w where w.site_id = v.site_id and w.visitor_pass_id = v.visitor_pass_id
                       order by w.position) as visitors
           from visitor_passes v
           join sites s using (site_id)
           left join passes p on p.site_id = v.site_id and p.visitor_pass_id = v.visitor_pass_id and p.status = 'valid'
          where v.link_sha256 = $1`,
};

const PASSAGES = {
  name: 'visitor-links-passages',
  text: `select s.scan_id as id, (extract(epoch from s.scanned_at) * 1000)::float8 as at, s.direction, s.result, s.undoes,
                s.pass_id as "passId", s.gate, s.guard_id as "guardId"
           from passes p
           join scans s using (site_id, pass_id)
          where p.site_id = $1 and p.visitor_pass_id = $2
            and (s.counts or s.direction = 'exit' or s.undoes is not null)`,
};

interface FoundVisit {
  readonly site_id: string;
  readonly visitor_pass_id: string;
  readonly site_name: string;
  readonly time_zone: string;
  readonly uses: 1 | 2;
  readonly plate: string;
  readonly binds: boolean;
  readonly revoked_at: Date | null;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly code: string | null;
  readonly signed: Buffer | null;
  readonly holder_key: Buffer | null;
  readonly visitors: string[];
  readonly passages: readonly Passage[];
}

async function findVisit(pool: Pick<Pool, 'query'>, linkHash: Buffer): Promise<FoundVisit | null> {
  const { rows } = await pool.query<Omit<FoundVisit, 'passages'>>({ ...VISIT_BY_LINK, values: [linkHash] });
  const [visit] = rows;
  if (!visit) return null;
  const passages = await pool.query<Passage>({ ...PASSAGES, values: [visit.site_id, visit.visitor_pass_id] });
  return { ...visit, passages: passages.rows };
}

function viewOf(visit: FoundVisit, holderKey: string | null, now: number): VisitorLinkView {
  const holder = holderOf(visit, holderKey);
  const state = stateOf(visit, now);
  const isShown =
    (state === 'valid' || state === 'used') && (holder === 'anybody' || holder === 'this_phone');
  return {
    serverNow: now,
    siteName: visit.site_name,
    timeZone: visit.time_zone,
    start: visit.starts_at.getTime(),
    end: visit.ends_at.getTime(),
    visitors: visit.visitors,
    plate: visit.plate,
    uses: visit.uses,
    state,
    holder,
    code: isShown ? visit.code : null,
    signed: isShown && visit.signed ? visit.signed.toString('base64url') : null,
  };
}

function holderOf(visit: FoundVisit, holderKey: string | null): VisitorLinkView['holder'] {
  if (!visit.binds) return 'anybody';
  if (visit.holder_key === null) return 'nobody_yet';
  return visit.holder_key.toString('base64url') === holderKey ? 'this_phone' : 'another_phone';
}

function stateOf(visit: FoundVisit, now: number): VisitorLinkView['state'] {
  if (visit.revoked_at !== null) return 'revoked';
  if (visit.ends_at.getTime() <= now) return 'over';
  // A phone takes it only as long as nobody has come in on it: the rule of visitor.open.
  const most = visit.binds && visit.holder_key === null ? 1 : usesAllowed(visit.uses);
  return openUses(visit.uses, visit.passages).length >= most ? 'used' : 'valid';
}
