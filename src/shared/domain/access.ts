import type { Actor, Role } from './entities';
import type { Op } from './intent';

/** D1: who may ask for what. Rules check further whose row it is. */
const rolesByOp: Readonly<Record<Op, readonly Actor['role'][]>> = {
  'reservation.create@1': ['resident', 'manager'],
  'reservation.cancel@1': ['resident', 'manager'],
  'reservation.change@1': ['resident', 'manager'],
  'reservation.lease@1': ['resident', 'manager'],
  'reservation.confirm@1': ['resident', 'manager'],
  'reservation.settle@1': ['system'],
  'site.set_policy@1': ['manager'],
  'share.open@1': ['resident', 'manager'],
  'share.close@1': ['resident', 'manager'],
  'scan.record@1': ['guard', 'manager'],
  'scan.record@2': ['guard', 'manager'],
  'journal.open@1': ['guard', 'manager'],
  'incident.close@1': ['manager'],
  'pass.bind@1': ['resident', 'manager'],
  'member.set_plate@1': ['resident', 'manager'],
  'device.revoke@1': ['resident', 'manager'],
  'device.revoke@2': ['resident', 'guard', 'manager'],
  'visitor.issue@1': ['resident', 'guard', 'manager'],
  'visitor.revoke@1': ['resident', 'guard', 'manager'],
  'visitor.link@1': ['resident', 'guard', 'manager'],
  // The link's holder is nobody here: the site asks, once it has seen the link's secret.
  'visitor.open@1': ['system'],
  'site.rotate_key@1': ['manager', 'system'],
  'member.set_role@1': ['manager'],
  // Everybody may leave; the site itself asks for who deletes the account.
  'member.remove@1': ['resident', 'guard', 'manager', 'system'],
  'site.set_registration@1': ['manager'],
  'slot.claim@1': ['resident', 'manager'],
  'slot.withdraw_claim@1': ['resident', 'manager'],
  'slot.decide_claim@1': ['manager'],
  'slot.set@1': ['manager'],
  'slot.place@1': ['manager'],
  'slot.remove@1': ['manager'],
  'rule.set@1': ['resident', 'manager'],
  'rule.remove@1': ['resident', 'manager'],
  'share.follow_rules@1': ['system'],
  'share.close_free@1': ['resident', 'manager'],
  'visit.ask_to_move@1': ['resident', 'manager'],
  'waitlist.join@1': ['resident', 'manager'],
  'waitlist.leave@1': ['resident', 'manager'],
  'waitlist.accept@1': ['resident', 'manager'],
  'waitlist.decline@1': ['resident', 'manager'],
  'waitlist.offer@1': ['system'],
  'waitlist.lapse@1': ['system'],
  'topup.sell@1': ['manager'],
  'topup.begin@1': ['resident', 'manager'],
  'topup.settle@1': ['system'],
  'topup.fail@1': ['system'],
  'topup.refund@1': ['manager'],
  'topup.refunded@1': ['system'],
  'notice.read@1': ['resident', 'guard', 'manager'],
  'notice.set_preferences@1': ['resident', 'guard', 'manager'],
};

/** Whether there is a rule for it: an outbox may hold what another build asked for. */
export function hasRule(op: string): op is Op {
  return Object.hasOwn(rolesByOp, op);
}

/** Whether somebody of this role may ask for this op at all. */
export function allowedOp(role: Actor['role'], op: Op): boolean {
  return rolesByOp[op].includes(role);
}

const scopesByRole = {
  resident: ['site', 'member'],
  guard: ['site', 'member', 'gate'],
  manager: ['site', 'member', 'gate', 'desk'],
} as const;

/** The kinds of scope a member of this role may hold a copy of. */
export function scopesOf(role: Role): readonly ('site' | 'member' | 'gate' | 'desk')[] {
  return scopesByRole[role];
}
