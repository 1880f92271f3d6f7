import type { Incident, IncidentKind } from './entities';
import type { DecisionContext } from './intent';
import type { Change } from './state';

/** An open incident about nothing yet. */
export function newIncident(kind: IncidentKind, context: DecisionContext): Incident {
  return {
    id: context.newId(),
    kind,
    scanIds: [],
    passId: null,
    journalId: null,
    detail: {},
    raisedAt: context.now,
    closedAt: null,
    closedBy: null,
    note: '',
  };
}

/** The incident with these fields; nothing when it has them already. */
export function changed(incident: Incident, fields: Partial<Incident>): Change[] {
  const row: Incident = { ...incident, ...fields };
  return JSON.stringify(row) === JSON.stringify(incident) ? [] : [{ table: 'incidents', row }];
}

/** What was missing has come, or what was too much was taken back: nobody has to look into it any more. */
export function closedByItself(incident: Incident, context: DecisionContext): Change {
  return { table: 'incidents', row: { ...incident, closedAt: context.now, closedBy: null } };
}
