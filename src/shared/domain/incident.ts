import type { Incident, Scan } from './entities';
import { doubleUseOf } from './double-use';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { journalIncidentsOf } from './journal-incidents';
import type { Change, State } from './state';

/** X8, D4: the incidents that this scan, which is not in the state yet, opens, changes or closes. */
export function incidentsOf(state: State, scan: Scan, context: DecisionContext): Change[] {
  return [...doubleUseOf(state, scan, context), ...journalIncidentsOf(state, scan, context)];
}

/** A manager has looked into an incident and closes it. */
export function decideCloseIncident(
  state: State,
  { incidentId, note }: DomainArgs['incident.close@1'],
  context: DecisionContext,
): Decision {
  const incident = state.incidents.get(incidentId);
  if (!incident) return refused('incident_not_found', {});
  if (incident.closedAt !== null) return refused('incident_closed', {});
  const row: Incident = { ...incident, closedAt: context.now, closedBy: context.actor.id, note };
  return { status: 'applied', changes: [{ table: 'incidents', row }], data: {} };
}
