import type { TimeRange } from '#shared/domain/time-range';
import type { Row } from '#shared/protocol/rows';

/** D2: who is expected at the gate, whoever has invited them. */
export interface GateVisit extends TimeRange {
  readonly visitorPassId: string;
  readonly names: string;
  readonly hostName: string;
  readonly plate: string;
  readonly uses: 1 | 2;
}

/** The visits of a gate's list that are not over at `now` (ms since 1970) and not `own`, by start. */
export function gateVisits(
  passes: readonly Row<'gate_pass'>[],
  own: ReadonlySet<string>,
  now: number,
): GateVisit[] {
  return passes
    .flatMap((pass): GateVisit[] => {
      const { visitorPassId } = pass;
      if (!visitorPassId || own.has(visitorPassId) || pass.status !== 'valid' || pass.expiresAt <= now)
        return [];
      return [
        {
          visitorPassId,
          names: pass.personName,
          hostName: pass.hostName ?? '',
          plate: pass.plate,
          uses: pass.kind === 2 ? 2 : 1,
          start: pass.notBefore,
          end: pass.expiresAt,
        },
      ];
    })
    .toSorted((a, b) => a.start - b.start || (a.visitorPassId < b.visitorPassId ? -1 : 1));
}
