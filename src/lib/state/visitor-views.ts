import type { Visitor, VisitorPass, VisitPayment } from '#shared/domain/entities';
import type { Intent } from '#shared/domain/intent';
import type { State } from '#shared/domain/state';
import type { TimeRange } from '#shared/domain/time-range';
import type { Row } from '#shared/protocol/rows';
import type { OutboxRow } from '$lib/client-db/database';
import { isReplayed } from '$lib/sync/wish-status';
import { markOf } from './build-views';
import { refusalIn } from './refusal';
import type { Mark, Refusal } from './views';

/** What somebody who gives a visitor pass says about it. */
export interface VisitorWish extends TimeRange {
  readonly visitors: readonly Visitor[];
  readonly uses: 1 | 2;
  readonly plate: string;
  /** Minor units of the site's currency. */
  readonly amount: number;
  readonly payment: VisitPayment;
  readonly reference: string;
  readonly binds: boolean;
}

/** D2: a visitor pass of the signed-in member's issuing, as predicted. */
export interface VisitorPassView extends VisitorWish {
  readonly id: string;
  /** Of the link's secret, base64url of its SHA-256; null without a link. */
  readonly linkHash: string | null;
  /** When its link was first opened on the phone that holds it; null before, and when it does not bind. */
  readonly openedAt: number | null;
  /** As the server has it: a revocation that waits takes nothing away yet. */
  readonly revokedAt: number | null;
  readonly createdAt: number;
  /** The typed code and base64url of the COSE_Sign1; null until the server has signed it, and when it binds. */
  readonly code: string | null;
  readonly signed: string | null;
  readonly mark: Mark;
  readonly refusal: Refusal | null;
  /** Of the wish that made it, while that is in the outbox: what `app.outbox.dismiss` takes. */
  readonly seq: number | null;
  readonly revokeWaiting: boolean;
  /** Whether a new link for it is on its way. */
  readonly linkWaiting: boolean;
}

/** The server sends visitor passes until 30 days after their end; a device may have older ones that nobody took away. */
const SHOWN_FOR = 30 * 24 * 3_600_000;

type IssueRow = OutboxRow & Extract<Intent, { op: 'visitor.issue@1' }>;

/** The member's own visitor passes, by start: the predicted ones, and those refused that nobody has dismissed. */
export function visitorPassViews(
  state: State,
  outbox: readonly OutboxRow[],
  { pulled, memberId, now }: { pulled: readonly Row<'visitor_pass'>[]; memberId: string; now: number },
): VisitorPassView[] {
  const shown = outbox.filter((row) => !row.dismissed);
  const issues = new Map(shown.filter(isIssue).map((row) => [row.args.visitorPassId, row]));
  const rows = new Map(pulled.map((row) => [row.id, row]));
  const own = [...state.visitorPasses.values()].filter((visit) => visit.issuedBy === memberId);
  const known = new Set(own.map(({ id }) => id));
  // A wish that the rules refuse by now is still on its way and must not vanish from the screen.
  const others = [...issues.values()].filter((row) => !known.has(row.args.visitorPassId));
  const waiting = {
    revoke: visitsIn(shown, 'visitor.revoke@1'),
    link: visitsIn(shown, 'visitor.link@1'),
  };
  return [...own, ...others.map((row) => wished(row, memberId))]
    .filter(({ end }) => end > now - SHOWN_FOR)
    .map((visit) => {
      const row = rows.get(visit.id);
      const issue = issueOf(issues.get(visit.id), known.has(visit.id));
      return { ...viewOf(visit, row, issue), ...waitingOf(visit.id, waiting) };
    })
    .toSorted((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1));
}

/** What the server has is there, whatever a wish that was sent twice was told (`visitor_exists`). */
function issueOf(row: IssueRow | undefined, isKnown: boolean): IssueRow | null {
  return row && (isReplayed(row) || !isKnown) ? row : null;
}

function viewOf(
  visit: VisitorPass,
  row: Row<'visitor_pass'> | undefined,
  issue: IssueRow | null,
): Omit<VisitorPassView, 'revokeWaiting' | 'linkWaiting'> {
  const { issuedBy: _issuedBy, ...rest } = visit;
  const mark = issue ? markOf(issue) : 'confirmed';
  return {
    ...rest,
    revokedAt: row?.revokedAt ?? null,
    code: row?.code ?? null,
    signed: row?.signed ?? null,
    mark,
    refusal: issue?.outcome && mark === 'refused' ? refusalIn(issue.outcome) : null,
    seq: issue?.seq ?? null,
  };
}

/** The visits that a wish of this op is on its way for, or told to be applied and not among the rows yet. */
function visitsIn(rows: readonly OutboxRow[], op: 'visitor.revoke@1' | 'visitor.link@1'): Set<string> {
  return new Set(rows.flatMap((row) => (row.op === op && isReplayed(row) ? [row.args.visitorPassId] : [])));
}

function waitingOf(id: string, waiting: { revoke: ReadonlySet<string>; link: ReadonlySet<string> }) {
  return { revokeWaiting: waiting.revoke.has(id), linkWaiting: waiting.link.has(id) };
}

function isIssue(row: OutboxRow): row is IssueRow {
  return row.op === 'visitor.issue@1';
}

function wished({ args, deviceTime }: IssueRow, memberId: string): VisitorPass {
  const { visitorPassId, ...rest } = args;
  return {
    ...rest,
    id: visitorPassId,
    issuedBy: memberId,
    openedAt: null,
    revokedAt: null,
    createdAt: deviceTime,
  };
}

/** The visitor passes, anybody's, that this device wishes to revoke, until the gate's list says that they are. */
export function revocationsWaiting(outbox: readonly OutboxRow[]): ReadonlySet<string> {
  return visitsIn(outbox, 'visitor.revoke@1');
}
