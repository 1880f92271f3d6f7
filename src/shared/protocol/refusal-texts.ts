import type { RefusalCode } from '#shared/domain/intent';
import type { ErrorText } from './error-text';

/** The words of `errorTexts` for what becomes of a wish; apart, as the device's first screen does without them. */
export const refusalTexts = {
  // --- refusals of intents -------------------------------------------------------------------------------------
  slot_taken: {
    status: 409,
    sentence: 'Somebody else has this slot at that time.',
    next: 'Take one of the free slots below, or pick another time.',
  },
  slot_label_taken: {
    status: 409,
    sentence: 'Another slot has this label already.',
    next: 'Give it another label.',
  },
  slot_reserved: {
    status: 409,
    sentence: 'Somebody has reserved this slot.',
    next: 'Wait until the reservation is over, or have it cancelled first.',
  },
  claim_not_found: {
    status: 404,
    sentence: 'This request for a slot is not there any more.',
    next: 'Look at “My slots” again.',
  },
  claim_decided: {
    status: 409,
    sentence: 'This request has been decided already.',
    next: 'Look at “My slots” again.',
  },
  claim_exists: {
    status: 409,
    sentence: 'This request was sent already.',
    next: 'Wait for the manager to decide.',
  },
  too_many_claims: {
    status: 409,
    sentence: 'You have sent as many requests as are looked at at a time.',
    next: 'Wait for the manager to decide, or ask again tomorrow.',
  },
  rule_not_found: {
    status: 404,
    sentence: 'This weekly rule is not there any more.',
    next: 'Look at the slot’s rules again.',
  },
  rule_exists: {
    status: 409,
    sentence: 'This weekly rule is another slot’s.',
    next: 'Make a new one.',
  },
  rule_empty: {
    status: 400,
    sentence: 'This rule would never lend the slot.',
    next: 'Pick at least one weekday, and an end after the start.',
  },
  too_many_rules: {
    status: 409,
    sentence: 'This slot has as many weekly rules as it can have.',
    next: 'Change one of them, or remove one.',
  },
  rules_changed: {
    status: 409,
    sentence: 'The slot’s weekly rules have changed meanwhile.',
    next: 'They are followed again in a moment.',
  },
  asked_already: {
    status: 409,
    sentence: 'You have asked a short while ago.',
    next: 'Give them half an hour.',
  },
  nobody_parked: {
    status: 409,
    sentence: 'Nobody’s time on your slot is running now.',
    next: 'Take the slot back under “My slots”.',
  },
  waitlist_exists: {
    status: 409,
    sentence: 'You wait for a slot at this time already.',
    next: 'See “Waiting in line” under your reservations.',
  },
  waitlist_not_found: {
    status: 404,
    sentence: 'This place in line is not there any more.',
    next: 'Wait for a slot again.',
  },
  waitlist_ended: {
    status: 409,
    sentence: 'This place in line has ended.',
    next: 'Wait for a slot again.',
  },
  waitlist_full: {
    status: 409,
    sentence: 'You wait for as many slots as one can wait for at a time.',
    next: 'Leave another line first.',
  },
  waitlist_served: {
    status: 409,
    sentence: 'You have a slot in this time already.',
    next: 'Wait for the part of it that you have not booked.',
  },
  waitlist_unwanted: {
    status: 409,
    sentence: 'This slot is not what was asked for.',
    next: 'Nothing needs to be done.',
  },
  offer_over: {
    status: 409,
    sentence: 'The time to take this slot has run out.',
    next: 'Wait again, or find another slot.',
  },
  offer_running: {
    status: 409,
    sentence: 'The time to take this slot has not run out yet.',
    next: 'Nothing needs to be done.',
  },
  offer_unaccepted: {
    status: 409,
    sentence: 'This slot is only kept for you so far.',
    next: 'Take the offer, or let it pass.',
  },
  topup_exists: {
    status: 409,
    sentence: 'These credits are being bought already.',
    next: 'Look at your statement.',
  },
  topup_not_found: {
    status: 404,
    sentence: 'This purchase is not there.',
    next: 'Look at your statement.',
  },
  topup_ended: {
    status: 409,
    sentence: 'This purchase has been decided already.',
    next: 'Look at your statement.',
  },
  topups_off: {
    status: 409,
    sentence: 'Credits cannot be bought here online.',
    next: 'Ask the manager.',
  },
  payment_unavailable: {
    status: 503,
    sentence: 'The payment service does not answer.',
    next: 'Nothing was paid. Try again in a moment, or ask the manager.',
  },
  topup_spent: {
    status: 409,
    sentence: 'These credits have been spent already.',
    next: 'Give the money back once the member has that many credits again.',
  },
  too_many_topups: {
    status: 409,
    sentence: 'You are buying credits already.',
    next: 'Pay for what you began, or try again in two hours.',
  },
  topup_too_large: {
    status: 409,
    sentence: 'So many credits cannot be bought at once.',
    next: 'Buy fewer at a time.',
  },
  slot_not_lent: {
    status: 409,
    sentence: 'The owner does not lend this slot for all of that time.',
    next: 'Pick a time inside the lent window, or another slot.',
  },
  slot_not_found: {
    status: 404,
    sentence: 'There is no such slot here any more.',
    next: 'Pick another slot.',
  },
  own_slot: {
    status: 409,
    sentence: 'This is your own slot.',
    next: 'Take it back under “My slots” to park there yourself.',
  },
  window_invalid: { status: 400, sentence: 'The end must be after the start.', next: 'Correct the times.' },
  window_past: { status: 409, sentence: 'That time is already over.', next: 'Pick a time from now on.' },
  window_too_short: {
    status: 409,
    sentence: 'A slot is lent for at least a minute.',
    next: 'Pick a later end.',
  },
  window_too_long: {
    status: 409,
    sentence: 'That is longer than this building allows.',
    next: 'Pick a shorter time.',
  },
  window_too_far: {
    status: 409,
    sentence: 'That is further ahead than this building allows.',
    next: 'Pick an earlier day.',
  },
  window_too_soon: {
    status: 409,
    sentence: 'This building wants to know earlier before you come.',
    next: 'Pick a later start.',
  },
  window_quiet: {
    status: 409,
    sentence: 'In this building’s quiet hours no car comes or goes.',
    next: 'Pick a start and an end outside of them.',
  },
  mutual_cooling_off: {
    status: 409,
    sentence: 'This slot’s owner has just used yours, and this building wants a pause in between.',
    next: 'Take another slot, or wait a little.',
  },
  too_many_reservations: {
    status: 409,
    sentence: 'You already have as many reservations as this building allows at a time.',
    next: 'Cancel one, or wait until it has ended.',
  },
  credits_short: {
    status: 409,
    sentence: 'You do not have enough credits for this.',
    next: 'Lend your own slot to earn some, or ask the manager.',
  },
  price_changed: {
    status: 409,
    sentence: 'It costs more now than was agreed.',
    next: 'Do it again if the new price is all right.',
  },
  reservation_exists: {
    status: 409,
    sentence: 'This reservation has already been made.',
    next: 'Look under “Now”: it is there.',
  },
  reservation_not_found: {
    status: 404,
    sentence: 'There is no such reservation.',
    next: 'Go back to your reservations.',
  },
  reservation_forbidden: {
    status: 403,
    sentence: 'This reservation is somebody else’s.',
    next: 'Go back to your own reservations.',
  },
  reservation_started: {
    status: 409,
    sentence: 'It has already started, so it can no longer be cancelled.',
    next: 'Just leave when you are done.',
  },
  reservation_ended: {
    status: 409,
    sentence: 'This reservation is already over or cancelled.',
    next: 'Nothing to do.',
  },
  reservation_begun: {
    status: 409,
    sentence: 'It has already started, so only its end can be changed.',
    next: 'Change the end alone, or reserve another slot.',
  },
  reservation_late: {
    status: 409,
    sentence: 'It is too late to move this reservation to a later time.',
    next: 'Keep it, change its end or its slot, or cancel it late.',
  },
  reservation_running: {
    status: 409,
    sentence: 'This reservation is not over yet.',
    next: 'It is settled by itself when its time is over.',
  },
  leases_off: {
    status: 409,
    sentence: 'This building does not keep slots for later.',
    next: 'Reserve the slot instead.',
  },
  lease_too_far: {
    status: 409,
    sentence: 'A slot cannot be kept for that long ahead here.',
    next: 'Pick an earlier time, or reserve the slot.',
  },
  too_many_leases: {
    status: 409,
    sentence: 'You already keep as many slots as this building allows.',
    next: 'Book the one you keep, or give it back.',
  },
  lease_held: {
    status: 409,
    sentence: 'This slot is kept on another device, which may already have booked it without signal.',
    next: 'Give it back on that device.',
  },
  lease_not_booked: {
    status: 409,
    sentence: 'You keep this slot but have not booked it yet.',
    next: 'Book it first, or give it back and take another.',
  },
  slot_forbidden: {
    status: 403,
    sentence: 'Only the owner or a manager may change this.',
    next: 'Ask the owner or the manager.',
  },
  slot_without_owner: {
    status: 409,
    sentence: 'This slot is the building’s own and always on offer.',
    next: 'Nothing to lend: anybody may reserve it.',
  },
  window_reserved: {
    status: 409,
    sentence: 'Part of that time is reserved.',
    next: 'Take back the rest, or wait until the reservation is over or cancelled.',
  },
  window_not_lent: { status: 409, sentence: 'Nothing of that time is lent.', next: 'Nothing to take back.' },
  too_many_windows: {
    status: 409,
    sentence: 'This slot is already lent in as many separate windows as it can be.',
    next: 'Take back a whole window first, or pick a time that touches one.',
  },
  pass_used: {
    status: 409,
    sentence: 'This pass has already let somebody in, so it cannot move to another device.',
    next: 'If you need to get in again, ask the guard.',
  },
  role_forbidden: {
    status: 403,
    sentence: 'Your role at this site does not allow that.',
    next: 'Ask the manager.',
  },
  scan_exists: {
    status: 409,
    sentence: 'Another scan is already recorded under this id.',
    next: 'Nothing is lost; tell the manager if it happens again.',
  },
  undo_late: {
    status: 409,
    sentence: 'A decision can be taken back for a few seconds only.',
    next: 'It stays as recorded; tell the manager.',
  },
  journal_taken: {
    status: 409,
    sentence: 'This scan journal belongs to another device.',
    next: 'The app begins a new one by itself.',
  },
  incident_not_found: {
    status: 404,
    sentence: 'There is no such incident.',
    next: 'Look at the log again.',
  },
  incident_closed: { status: 409, sentence: 'This incident is already closed.', next: 'Nothing to do.' },
  verification_needed: {
    status: 403,
    sentence: 'For this the app has to make sure that it is you.',
    next: 'Confirm with your passkey or password, with signal, and do it again.',
  },
  member_not_found: {
    status: 404,
    sentence: 'This person is not a member here any more.',
    next: 'Look at the list again.',
  },
  member_left: {
    status: 403,
    sentence: 'You are no member of this site any more.',
    next: 'Ask the manager to invite you again.',
  },
  last_manager: {
    status: 409,
    sentence: 'A site needs at least one manager.',
    next: 'Make somebody else a manager first.',
  },
  device_not_found: {
    status: 404,
    sentence: 'There is no such device among yours.',
    next: 'Look at the list again.',
  },
  device_revoked: {
    status: 409,
    sentence: 'This device was removed, so it cannot hold passes any more.',
    next: 'Sign out here and sign in again: then it is a new device.',
  },
  visitor_exists: {
    status: 409,
    sentence: 'This visitor pass has already been made.',
    next: 'Look under “Visitors”: it is there.',
  },
  visitor_expected: {
    status: 409,
    sentence: 'Somebody with this name and phone number is already expected at that time.',
    next: 'Use the pass there is, or pick another time.',
  },
  visitor_window_too_long: {
    status: 409,
    sentence: 'A visitor pass lasts for at most 24 hours.',
    next: 'Pick a shorter time, or make a pass for each day.',
  },
  visitor_limit: {
    status: 409,
    sentence: 'You have made as many visitor passes in seven days as this building allows.',
    next: 'Wait a little, or ask a guard or the manager to make one.',
  },
  visitor_payment_incomplete: {
    status: 400,
    sentence: 'What was paid is not complete.',
    next: 'An amount needs cash or online; online needs the payment’s reference.',
  },
  visitor_pass_not_found: {
    status: 404,
    sentence: 'There is no such visitor pass.',
    next: 'Look under “Visitors” again.',
  },
  visitor_pass_forbidden: {
    status: 403,
    sentence: 'This visitor pass was made by somebody else.',
    next: 'Ask who made it, or the manager.',
  },
  visitor_pass_over: {
    status: 409,
    sentence: 'This visitor pass is over or revoked.',
    next: 'Make a new one.',
  },
  visitor_pass_bound: {
    status: 409,
    sentence: 'This pass is already on another phone.',
    next: 'Open it there, or ask who sent it for a new one.',
  },
  key_waiting: {
    status: 409,
    sentence: 'The next key is already published.',
    next: 'It is used by itself, once guards have it.',
  },
  // --- outcomes that are not a rule's ---------------------------------------------------------------------------
  intent_expired: {
    status: 410,
    sentence: 'This waited too long to be sent and was not done.',
    next: 'Do it again if you still want it.',
  },
  op_unknown: {
    status: 422,
    sentence: 'This version of the app asked for something the server does not know.',
    next: 'Update the app and do it again.',
  },
  args_invalid: {
    status: 422,
    sentence: 'The app sent something the server cannot read.',
    next: 'Update the app and do it again.',
  },
  intent_quarantined: {
    status: 500,
    sentence: 'The server could not handle this and has put it aside.',
    next: 'It is kept; the manager can see it. Do it again if it is urgent.',
  },
  intent_id_reused: {
    status: 409,
    sentence: 'The app used the same id for two different wishes.',
    next: 'Do it again.',
  },
} as const satisfies Record<RefusalCode, ErrorText> & Record<string, ErrorText>;
