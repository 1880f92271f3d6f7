import type { Visitor, VisitorPass } from '#shared/domain/entities';
import type { Row } from '#shared/protocol/rows';

interface VisitorBase {
  readonly visitor_pass: readonly Row<'visitor_pass'>[];
  readonly gate_pass: readonly Row<'gate_pass'>[];
}

/**
 * D2: visitor passes as the rules read them: the member's own, and at a gate those of everybody, of which a device knows only
 * what a guard has to compare.
 */
export function visitorPassesOf(base: VisitorBase, memberId: string): Map<string, VisitorPass> {
  const others = base.gate_pass.flatMap((row): [string, VisitorPass][] =>
    !row.visitorPassId ? [] : [[row.visitorPassId, atTheGate(row, row.visitorPassId)]],
  );
  // The valid one of a visit's passes says that it stands.
  const standing = others.toSorted(
    ([, a], [, b]) => Number(a.revokedAt === null) - Number(b.revokedAt === null),
  );
  const own = base.visitor_pass.map(({ code: _code, signed: _signed, ...row }): [string, VisitorPass] => [
    row.id,
    { ...row, issuedBy: memberId },
  ]);
  return new Map([...standing, ...own]);
}

function atTheGate(row: Row<'gate_pass'>, id: string): VisitorPass {
  const unknown = {
    issuedBy: '',
    amount: 0,
    payment: 'none',
    reference: '',
    linkHash: null,
    openedAt: null,
    createdAt: 0,
  } as const;
  return {
    ...unknown,
    id,
    // Without their numbers nobody is taken for the same person.
    visitors: [] as Visitor[],
    uses: row.kind === 2 ? 2 : 1,
    start: row.notBefore,
    end: row.expiresAt,
    plate: row.plate,
    binds: row.bound,
    revokedAt: row.status === 'revoked' ? 0 : null,
  };
}
