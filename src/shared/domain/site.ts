import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import type { PolicyChanges, SitePolicy } from './policy';
import type { State } from './state';
import { isVerified } from './verification';

/** Rules by which credits and money go from one to another: what is paid, given back, charged and granted, and when. */
const creditRules = [
  'price',
  'startingCredits',
  'cancelCutOff',
  'lateCancelCharge',
  'tracksNoShows',
  'noShowCharge',
  'leasePrice',
  'currency',
  'peakPrices',
  'creditPrice',
] as const satisfies readonly (keyof SitePolicy)[];

/** K6: whether any rule of `policy` about credits would become another, for which a manager proves who asks. */
export function changesCredits(policy: SitePolicy, changes: PolicyChanges): boolean {
  return creditRules.some((rule) => changes[rule] !== undefined && !isSame(changes[rule], policy[rule]));
}

/** Rules are numbers, words and lists of plain objects with their fields in one order. */
function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/**
 * C3: changes the site's policy from now on; times and prices of what is reserved stay as agreed, charges follow the policy of
 * the day. K6: rules about credits want a proof of who asks.
 */
export function decideSetPolicy(
  state: State,
  { changes }: DomainArgs['site.set_policy@1'],
  context: DecisionContext,
): Decision {
  const { id: siteId, policy } = state.site;
  if (changesCredits(policy, changes) && !isVerified(context)) return refused('verification_needed', {});
  return {
    status: 'applied',
    changes: [{ table: 'policies', row: { siteId, changes } }],
    data: {},
  };
}

/** B6: how people come in from now on, for a manager who has proved who asks; what was given out before stays good. */
export function decideSetRegistration(
  state: State,
  { registration }: DomainArgs['site.set_registration@1'],
  context: DecisionContext,
): Decision {
  if (state.site.registration === registration) return { status: 'applied', changes: [], data: {} };
  if (!isVerified(context)) return refused('verification_needed', {});
  return {
    status: 'applied',
    changes: [{ table: 'registrations', row: { siteId: state.site.id, registration } }],
    data: { before: state.site.registration },
  };
}
