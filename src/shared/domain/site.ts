import type { Decision, DomainArgs } from './intent';
import type { State } from './state';

/** C3: changes the site's policy from now on; what is reserved stays as it was agreed. */
export function decideSetPolicy(state: State, args: DomainArgs['site.set_policy@1']): Decision {
  return {
    status: 'applied',
    changes: [{ table: 'policies', row: { siteId: state.site.id, changes: args.changes } }],
    data: {},
  };
}
