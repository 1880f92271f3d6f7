import type { Decision, DomainArgs } from './intent';
import type { State } from './state';

/** C3: changes the site's policy from now on; times and prices of what is reserved stay as agreed, charges follow the policy of the day. */
export function decideSetPolicy(state: State, args: DomainArgs['site.set_policy@1']): Decision {
  return {
    status: 'applied',
    changes: [{ table: 'policies', row: { siteId: state.site.id, changes: args.changes } }],
    data: {},
  };
}
