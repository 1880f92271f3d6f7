import type { ScanJournal } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import type { State } from './state';

/** X8: a guard's device begins its journal. Said again it changes nothing. */
export function decideOpenJournal(
  state: State,
  { journalId, publicKey }: DomainArgs['journal.open@1'],
  context: DecisionContext,
): Decision {
  const known = state.journals.get(journalId);
  if (known) {
    const isSame = known.publicKey === publicKey && known.memberId === context.actor.id;
    return isSame ? { status: 'applied', changes: [], data: {} } : refused('journal_taken', {});
  }
  const row: ScanJournal = {
    id: journalId,
    memberId: context.actor.id,
    clientId: context.clientId,
    publicKey,
    openedAt: context.now,
  };
  return { status: 'applied', changes: [{ table: 'journals', row }], data: {} };
}
