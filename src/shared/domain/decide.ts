import type { Decision, DecisionContext, Intent, Needs } from './intent';
import type { State } from './state';
import { decideCreate, decideLease } from './reservation';
import { decideCancel } from './reservation-cancel';
import { decideChange } from './reservation-change';
import { decideConfirm } from './reservation-confirm';
import { decideSettle } from './reservation-settle';
import { decideSetPolicy, decideSetRegistration } from './site';
import { decideRemoveMember, decideSetRole } from './membership';
import { decideClose, decideOpen } from './share';
import { decideBind } from './pass';
import { decideScan, decideFirstScan } from './scan';
import { decideCloseIncident } from './incident';
import { decideOpenJournal } from './journal';
import { decideRevokeDevice, decideRevokeDeviceFor } from './device';
import { decideSetPlate } from './member';
import { decideRotateKey } from './signing-key';
import { decideIssueVisitor, decideLinkVisitor, decideOpenVisitor, decideRevokeVisitor } from './visitor';
import { personKey } from './visitor-person';
import { allowedOp } from './access';
import { decideReadNotices, decideSetNoticePreferences } from './notice';
import { decideRemoveRule, decideSetRule } from './lending-rule';
import { decideAskToMove, decideCloseFree, decideFollowRules } from './share-rules';
import { decideClaim, decideDecideClaim, decideWithdrawClaim } from './slot-claim';
import { decidePlaceSlots } from './slot-place';
import { decideRemoveSlot, decideSetSlot } from './slot-set';
import {
  decideBeginTopup,
  decideFailTopup,
  decideRefundTopup,
  decideSellCredits,
  decideSettleTopup,
  decideTopupRefunded,
} from './topup';
import { decideDeclineOffer, decideJoinWaitlist, decideLapseOffer, decideLeaveWaitlist } from './waitlist';
import { decideAcceptOffer, decideOffer } from './waitlist-offer';
import { servedByChanges } from './waitlist-served';

/**
 * Decides one intent by the rules. Pure: the same state, intent and context give the same decision on a device (as a
 * prediction) and on the server (as the outcome).
 */
export function decide(state: State, intent: Intent, context: DecisionContext): Decision {
  if (!allowedOp(context.actor.role, intent.op)) {
    return { status: 'refused', code: 'role_forbidden', data: { role: context.actor.role } };
  }
  // Within one batch: who asks may have been removed by the wish before.
  const isLeaving = intent.op === 'member.remove@1' && intent.args.memberId === context.actor.id;
  if (state.members.get(context.actor.id)?.leftAt != null && !isLeaving) {
    return { status: 'refused', code: 'member_left', data: {} };
  }
  const decision = decideByOp(state, intent, context);
  if (decision.status === 'refused') return decision;
  const served = servedByChanges(state, decision.changes, context.now);
  return served.length === 0 ? decision : { ...decision, changes: [...decision.changes, ...served] };
}

function decideByOp(state: State, intent: Intent, context: DecisionContext): Decision {
  switch (intent.op) {
    case 'reservation.create@1':
      return decideCreate(state, intent.args, context);
    case 'reservation.cancel@1':
      return decideCancel(state, intent.args, context);
    case 'reservation.change@1':
      return decideChange(state, intent.args, context);
    case 'reservation.lease@1':
      return decideLease(state, intent.args, context);
    case 'reservation.confirm@1':
      return decideConfirm(state, intent.args, context);
    case 'reservation.settle@1':
      return decideSettle(state, intent.args, context);
    case 'site.set_policy@1':
      return decideSetPolicy(state, intent.args, context);
    case 'share.open@1':
      return decideOpen(state, intent.args, context);
    case 'share.close@1':
      return decideClose(state, intent.args, context);
    case 'scan.record@1':
      return decideFirstScan(state, intent.args, context);
    case 'scan.record@2':
      return decideScan(state, intent.args, context);
    case 'member.set_plate@1':
      return decideSetPlate(state, intent.args, context);
    case 'journal.open@1':
      return decideOpenJournal(state, intent.args, context);
    case 'incident.close@1':
      return decideCloseIncident(state, intent.args, context);
    case 'device.revoke@1':
      return decideRevokeDevice(state, intent.args, context);
    case 'device.revoke@2':
      return decideRevokeDeviceFor(state, intent.args, context);
    case 'visitor.issue@1':
      return decideIssueVisitor(state, intent.args, context);
    case 'visitor.revoke@1':
      return decideRevokeVisitor(state, intent.args, context);
    case 'visitor.link@1':
      return decideLinkVisitor(state, intent.args, context);
    case 'visitor.open@1':
      return decideOpenVisitor(state, intent.args, context);
    case 'site.rotate_key@1':
      return decideRotateKey(state, intent.args, context);
    case 'pass.bind@1':
      return decideBind(state, intent.args, context);
    case 'member.set_role@1':
      return decideSetRole(state, intent.args, context);
    case 'member.remove@1':
      return decideRemoveMember(state, intent.args, context);
    case 'site.set_registration@1':
      return decideSetRegistration(state, intent.args, context);
    case 'slot.claim@1':
      return decideClaim(state, intent.args, context);
    case 'slot.withdraw_claim@1':
      return decideWithdrawClaim(state, intent.args, context);
    case 'slot.decide_claim@1':
      return decideDecideClaim(state, intent.args, context);
    case 'slot.set@1':
      return decideSetSlot(state, intent.args, context);
    case 'slot.place@1':
      return decidePlaceSlots(state, intent.args);
    case 'slot.remove@1':
      return decideRemoveSlot(state, intent.args, context);
    case 'rule.set@1':
      return decideSetRule(state, intent.args, context);
    case 'rule.remove@1':
      return decideRemoveRule(state, intent.args, context);
    case 'share.follow_rules@1':
      return decideFollowRules(state, intent.args, context);
    case 'share.close_free@1':
      return decideCloseFree(state, intent.args, context);
    case 'visit.ask_to_move@1':
      return decideAskToMove(state, intent.args, context);
    case 'waitlist.join@1':
      return decideJoinWaitlist(state, intent.args, context);
    case 'waitlist.leave@1':
      return decideLeaveWaitlist(state, intent.args, context);
    case 'waitlist.accept@1':
      return decideAcceptOffer(state, intent.args, context);
    case 'waitlist.decline@1':
      return decideDeclineOffer(state, intent.args, context);
    case 'waitlist.offer@1':
      return decideOffer(state, intent.args, context);
    case 'waitlist.lapse@1':
      return decideLapseOffer(state, intent.args, context);
    case 'topup.sell@1':
      return decideSellCredits(state, intent.args, context);
    case 'topup.begin@1':
      return decideBeginTopup(state, intent.args, context);
    case 'topup.settle@1':
      return decideSettleTopup(state, intent.args, context);
    case 'topup.fail@1':
      return decideFailTopup(state, intent.args, context);
    case 'topup.refund@1':
      return decideRefundTopup(state, intent.args, context);
    case 'topup.refunded@1':
      return decideTopupRefunded(state, intent.args, context);
    case 'notice.read@1':
      return decideReadNotices(state, intent.args, context);
    case 'notice.set_preferences@1':
      return decideSetNoticePreferences(state, intent.args, context);
  }
}

/** Whatever is not over: what is over is no reservation any more once it is settled. Up to the year 2200. */
const fromNowOn = { start: 0, end: 7_258_118_400_000 };

const nothing: Needs = {
  slotIds: [],
  reservationIds: [],
  passIds: [],
  scanIds: [],
  visitorPassIds: [],
  visitors: [],
  ownVisitorPasses: false,
  incidentIds: [],
  journalIds: [],
  journalEntries: [],
  signingKeys: false,
  slotLabels: [],
  claimIds: [],
  ownClaims: false,
  ruleIds: [],
  rulesOfSlotIds: [],
  waitlistEntryIds: [],
  ownEntries: false,
  topupIds: [],
  nextReceipt: false,
  ownTopups: false,
  noticeIds: [],
  memberIds: [],
  managers: false,
  leavingIds: [],
  ownDevices: false,
  ownReservations: false,
  uses: false,
  lastUses: false,
  window: null,
};

/** The rows that `decide` reads for this intent. What is not loaded does not exist for the rule. */
export function needs(intent: Intent): Needs {
  switch (intent.op) {
    case 'reservation.create@1':
    case 'reservation.lease@1':
    case 'reservation.change@1':
      return {
        ...nothing,
        slotIds: [intent.args.slotId],
        reservationIds: [intent.args.reservationId],
        ownReservations: true,
        // E8: who has got a slot waits no more.
        ownEntries: true,
        // A change keeps a pass that has been used.
        uses: intent.op === 'reservation.change@1',
        lastUses: true,
        window: intent.args,
      };
    case 'reservation.cancel@1':
    case 'reservation.confirm@1':
      return { ...nothing, reservationIds: [intent.args.reservationId] };
    case 'reservation.settle@1':
      return { ...nothing, reservationIds: [intent.args.reservationId], uses: true };
    case 'site.set_policy@1':
    case 'site.set_registration@1':
      return nothing;
    case 'member.set_role@1':
      return { ...nothing, memberIds: [intent.args.memberId], managers: true };
    case 'member.remove@1':
      return { ...nothing, leavingIds: [intent.args.memberId], managers: true };
    case 'share.open@1':
    case 'share.close@1':
      return { ...nothing, slotIds: [intent.args.slotId], window: intent.args };
    case 'scan.record@1':
      return {
        ...nothing,
        scanIds: [intent.args.scanId],
        passIds: intent.args.passId === null ? [] : [intent.args.passId],
        uses: true,
      };
    case 'scan.record@2': {
      const { scanId, passId, undoes, journal } = intent.args;
      return {
        ...nothing,
        scanIds: undoes === null ? [scanId] : [scanId, undoes],
        passIds: passId === null ? [] : [passId],
        journalEntries: journal === null ? [] : [{ ...journal, scanId }],
        uses: true,
      };
    }
    case 'member.set_plate@1':
      return nothing;
    case 'journal.open@1':
      return { ...nothing, journalIds: [intent.args.journalId] };
    case 'incident.close@1':
      return { ...nothing, incidentIds: [intent.args.incidentId] };
    case 'device.revoke@1':
    case 'device.revoke@2':
      return { ...nothing, ownDevices: true, ownReservations: true, uses: true };
    case 'visitor.issue@1':
      return {
        ...nothing,
        visitorPassIds: [intent.args.visitorPassId],
        visitors: intent.args.visitors.map(personKey),
        ownVisitorPasses: true,
        // A pass that was revoked before anybody came in on it is not counted.
        uses: true,
        window: intent.args,
      };
    case 'visitor.revoke@1':
    case 'visitor.link@1':
    case 'visitor.open@1':
      return { ...nothing, visitorPassIds: [intent.args.visitorPassId], uses: true };
    case 'site.rotate_key@1':
      return { ...nothing, signingKeys: true };
    case 'slot.claim@1':
      return {
        ...nothing,
        claimIds: [intent.args.claimId],
        ownClaims: true,
        // Whom the claim is told to.
        managers: true,
        slotLabels: [intent.args.label],
      };
    case 'slot.withdraw_claim@1':
      return { ...nothing, claimIds: [intent.args.claimId] };
    case 'slot.decide_claim@1':
      // Who claims, and the slots of the claim's label, are found with the claim.
      return {
        ...nothing,
        claimIds: [intent.args.claimId],
        slotIds: [intent.args.slotId],
        window: fromNowOn,
      };
    case 'slot.set@1':
      return {
        ...nothing,
        slotIds: [intent.args.slotId],
        slotLabels: [intent.args.label],
        memberIds: intent.args.ownerId === null ? [] : [intent.args.ownerId],
        rulesOfSlotIds: [intent.args.slotId],
        window: fromNowOn,
      };
    case 'slot.place@1':
      return { ...nothing, slotIds: intent.args.places.map(({ slotId }) => slotId) };
    case 'slot.remove@1':
      return {
        ...nothing,
        slotIds: [intent.args.slotId],
        rulesOfSlotIds: [intent.args.slotId],
        window: fromNowOn,
      };
    case 'rule.set@1':
    case 'rule.remove@1':
      return {
        ...nothing,
        slotIds: [intent.args.slotId],
        ruleIds: [intent.args.ruleId],
        rulesOfSlotIds: [intent.args.slotId],
      };
    case 'share.follow_rules@1':
      return { ...nothing, slotIds: [intent.args.slotId], window: fromNowOn };
    case 'share.close_free@1':
      return { ...nothing, slotIds: [intent.args.slotId], window: intent.args };
    case 'visit.ask_to_move@1':
      return { ...nothing, reservationIds: [intent.args.reservationId] };
    case 'waitlist.join@1':
      return {
        ...nothing,
        waitlistEntryIds: [intent.args.entryId],
        ownEntries: true,
        ownReservations: true,
      };
    case 'waitlist.leave@1':
    case 'waitlist.decline@1':
    case 'waitlist.lapse@1':
      // With the reservation that is offered, and its slot.
      return { ...nothing, waitlistEntryIds: [intent.args.entryId] };
    case 'waitlist.accept@1':
      return { ...nothing, waitlistEntryIds: [intent.args.entryId], ownReservations: true };
    case 'waitlist.offer@1':
      return {
        ...nothing,
        waitlistEntryIds: [intent.args.entryId],
        slotIds: [intent.args.slotId],
        reservationIds: [intent.args.reservationId],
        window: intent.args,
      };
    case 'topup.sell@1':
      return {
        ...nothing,
        topupIds: [intent.args.topupId],
        memberIds: [intent.args.memberId],
        nextReceipt: true,
      };
    case 'topup.begin@1':
      return { ...nothing, topupIds: [intent.args.topupId], ownTopups: true };
    case 'topup.settle@1':
      return { ...nothing, topupIds: [intent.args.topupId], nextReceipt: true };
    case 'topup.fail@1':
    case 'topup.refund@1':
    case 'topup.refunded@1':
      return { ...nothing, topupIds: [intent.args.topupId] };
    case 'notice.read@1':
      return { ...nothing, noticeIds: intent.args.noticeIds };
    case 'notice.set_preferences@1':
      return nothing;
    case 'pass.bind@1':
      return {
        ...nothing,
        reservationIds: intent.args.reservationId === null ? [] : [intent.args.reservationId],
        ownReservations: true,
        // A key that was removed comes back under no other clientId.
        ownDevices: true,
        uses: true,
      };
  }
}
