import type { Intent } from '#shared/domain/intent';
import { isActive } from '#shared/domain/entities';
import { overlaps } from '#shared/domain/time-range';
import type { PassHistory } from '#shared/pass/pass-verdict';
import { historyOf, storeDecision, type Decided } from '$lib/sync/gate-decisions';
import { enqueue } from '$lib/sync/outbox';
import { buy, refund, sell } from './actions-credits';
import { askToMove, closeFree, lend, removeRule, setRule, takeBack } from './actions-lending';
import { answerOffer, hasOffer, joinLine, leaveLine } from './actions-waiting';
import { GRID, MINUTE, type Scene, type Stored } from './scene';

type Act = (scene: Scene) => Promise<readonly Stored[]>;

/** What devices do, with how often each is drawn. A new op is one entry here. */
const table = {
  reserve: { weight: 30, act: wishing(reserve) },
  // Two taps before the first has been stored.
  'reserve-twice': { weight: 4, act: twice(wishing(reserve)) },
  cancel: { weight: 12, act: wishing(cancel) },
  change: { weight: 6, act: wishing(change) },
  lease: { weight: 5, act: wishing(lease) },
  confirm: { weight: 5, act: wishing(confirm) },
  leave: { weight: 1, act: wishing(leave) },
  'set-policy': { weight: 1, act: wishing(setPolicy) },
  lend: { weight: 5, act: wishing(lend) },
  'take-back': { weight: 5, act: wishing(takeBack) },
  bind: { weight: 3, act: wishing(bind) },
  'bind-named': { weight: 3, act: wishing(bindNamed) },
  'close-incident': { weight: 1, act: wishing(closeIncident) },
  scan: { weight: 14, act: scan },
  'join-line': { weight: 14, act: wishing(joinLine) },
  'leave-line': { weight: 2, act: wishing(leaveLine) },
  'set-rule': { weight: 4, act: wishing(setRule) },
  'remove-rule': { weight: 2, act: wishing(removeRule) },
  'close-free': { weight: 3, act: wishing(closeFree) },
  'ask-to-move': { weight: 2, act: wishing(askToMove) },
  buy: { weight: 8, act: wishing(buy) },
  'read-notices': { weight: 3, act: wishing(readNotices) },
  // Drawn by nobody: what one does instead of something else (`nearest`).
  'answer-offer': { weight: 0, act: wishing(answerOffer) },
  sell: { weight: 0, act: wishing(sell) },
  refund: { weight: 0, act: wishing(refund) },
} satisfies Record<string, { weight: number; act: Act }>;

export type ActionName = keyof typeof table;
export const actionNames = Object.keys(table) as ActionName[];
export const actionWeights = Object.fromEntries(
  actionNames.map((name) => [name, table[name].weight]),
) as Record<ActionName, number>;

/** Does it, as far as what the device knows gives an occasion; answers what was stored. */
export function act(name: ActionName, scene: Scene): Promise<readonly Stored[]> {
  return table[nearest(name, scene)].act(scene);
}

/** Whoever draws what their role does not do does the nearest thing that it does; and some things come first. */
function nearest(name: ActionName, scene: Scene): ActionName {
  const { base, member, die } = scene;
  if (member.role === 'guard') return 'scan';
  if (hasOffer(scene) && die[3] < 0.7) return 'answer-offer';
  if (member.role === 'manager' && name === 'reserve') return 'sell';
  if (member.role === 'manager' && name === 'cancel') return 'refund';
  const isOwner = base.slot.some(({ ownerId }) => ownerId === member.id);
  if (isOwner && name === 'reserve' && die[3] < 0.4) return 'set-rule';
  return name === 'scan' ? 'reserve' : name;
}

function twice(once: Act): Act {
  return async (scene) => {
    const [one, two, three, four] = scene.die;
    return (await Promise.all([once(scene), once({ ...scene, die: [two, three, one, four] })])).flat();
  };
}

function wishing(make: (scene: Scene) => Intent | null): Act {
  return async (scene) => {
    const intent = make(scene);
    if (!intent) return [];
    const id = scene.newId();
    // Some wishes are only good for a while: so that expiry is among the outcomes.
    const expiresAt = scene.die[3] > 0.9 ? scene.now + MINUTE : null;
    await enqueue(scene.db, { intent, id, deviceTime: scene.deviceNow, expiresAt });
    return [{ id, intent }];
  };
}

function reserve(scene: Scene): Intent | null {
  const args = someWindow(scene);
  return args && { op: 'reservation.create@1', args: { reservationId: scene.newId(), ...args } };
}

function lease(scene: Scene): Intent | null {
  const args = someWindow(scene);
  return args && { op: 'reservation.lease@1', args: { reservationId: scene.newId(), ...args } };
}

function confirm({ state, member, die }: Scene): Intent | null {
  const held = [...state.reservations.values()].filter(
    (row) => row.memberId === member.id && row.state === 'held',
  );
  const chosen = held[Math.floor(die[0] * held.length)];
  return chosen ? { op: 'reservation.confirm@1', args: { reservationId: chosen.id } } : null;
}

function change(scene: Scene): Intent | null {
  const [chosen, args] = [ownReservation(scene), someWindow(scene)];
  if (!chosen || !args) return null;
  // Half of them only get another end.
  const kept = { slotId: chosen.slotId, start: chosen.start, end: chosen.end + GRID };
  const changed = scene.die[3] < 0.5 ? kept : args;
  return { op: 'reservation.change@1', args: { reservationId: chosen.id, ...changed } };
}

/** Somebody gives the membership up, and is taken in again later. */
function leave({ member }: Scene): Intent {
  return { op: 'member.remove@1', args: { memberId: member.id } };
}

function setPolicy({ member, die }: Scene): Intent | null {
  if (member.role !== 'manager') return null;
  // Some rules change what is cheap, some the hours at which it is not.
  const peak = {
    weekdays: [7],
    from: 60 + Math.floor(die[2] * 60),
    until: 240,
    price: 4 + Math.floor(die[0] * 3),
  };
  const changes = die[3] < 0.5 ? { price: 2 + Math.floor(die[0] * 3) } : { peakPrices: [peak] };
  return { op: 'site.set_policy@1', args: { changes } };
}

/** A slot of somebody else's and a window about now. */
function someWindow({ base, member, now, die }: Scene) {
  const slots = base.slot.filter(({ ownerId }) => ownerId !== member.id);
  const slot = slots[Math.floor(die[0] * slots.length)];
  if (!slot) return null;
  const start = Math.ceil(now / GRID) * GRID + (Math.floor(die[1] * 8) - 1) * GRID;
  return { slotId: slot.id, start, end: start + GRID * (1 + Math.floor(die[2] * 3)) };
}

function cancel(scene: Scene): Intent | null {
  const chosen = ownReservation(scene);
  return chosen ? { op: 'reservation.cancel@1', args: { reservationId: chosen.id } } : null;
}

function bind({ holderKey }: Scene): Intent {
  return { op: 'pass.bind@1', args: { holderKey, reservationId: null } };
}

function bindNamed(scene: Scene): Intent | null {
  const { holderKey } = scene;
  const chosen = ownReservation(scene);
  return chosen ? { op: 'pass.bind@1', args: { holderKey, reservationId: chosen.id } } : null;
}

/** One that is not over, also one that still waits for its outcome. */
function ownReservation({ state, member, now, die }: Scene) {
  const own = [...state.reservations.values()].filter(
    (row) => row.memberId === member.id && isActive(row) && row.end > now,
  );
  return own[Math.floor(die[0] * own.length)];
}

function readNotices({ base, die }: Scene): Intent | null {
  const unread = base.notice.filter(({ readAt }) => readAt === null).slice(0, 1 + Math.floor(die[0] * 4));
  return unread.length === 0
    ? null
    : { op: 'notice.read@1', args: { noticeIds: unread.map(({ id }) => id) } };
}

function closeIncident({ base, member, die }: Scene): Intent | null {
  if (member.role !== 'manager') return null;
  // What a device's journal shows is looked at in the end: nobody closes it here.
  const open = base.incident.filter(({ kind, closedAt }) => kind === 'double_use' && closedAt === null);
  const chosen = open[Math.floor(die[0] * open.length)];
  return chosen ? { op: 'incident.close@1', args: { incidentId: chosen.id, note: 'looked into' } } : null;
}

/** A guard sees a pass of one who comes or goes about now, and decides by what this device knows of its uses. */
async function scan(scene: Scene): Promise<Stored[]> {
  const { db, base, now, die } = scene;
  const about = { start: now - GRID, end: now + GRID };
  const passes = base.gate_pass.filter((pass) =>
    overlaps({ start: pass.notBefore, end: pass.expiresAt }, about),
  );
  const pass = passes[Math.floor(die[0] * passes.length)];
  if (!pass) return [];
  const known = (await historyOf(db, pass.id, pass.kind)).uses.length;
  const isExit = known > 0 && die[1] < 0.4;
  const reading = {
    ...{ scanId: scene.newId(), passId: pass.id, kind: pass.kind, gate: 1, scannedAt: now },
    direction: isExit ? ('exit' as const) : ('entry' as const),
    ...{ reason: '', code: pass.code, undoes: null, ctr: null },
  };
  const decide = (uses: number): Decided => ({
    ...reading,
    result: uses > 0 && !isExit ? 'already_used' : 'valid',
  });
  const stored = await decideAtGate(scene, decide(known), (history) => decide(history.uses.length));
  if (die[2] > 0.1) return stored;
  // The wrong car: taken back at once.
  const undo = { ...reading, scanId: scene.newId(), scannedAt: now + 2000 };
  return [...stored, ...(await decideAtGate(scene, { ...undo, result: 'undone', undoes: reading.scanId }))];
}

/** Answers what was queued: the scan, and before the first one that its journal is opened. */
async function decideAtGate(
  { db, deviceNow, newId }: Scene,
  decided: Decided,
  recheck?: (history: PassHistory) => Decided,
): Promise<Stored[]> {
  const ids: string[] = [];
  const noting = (): string => {
    const id = newId();
    ids.push(id);
    return id;
  };
  const recorder = { guardName: 'Guard', newId: noting, now: deviceNow, subtle: crypto.subtle };
  await storeDecision(db, decided, recorder, recheck);
  // A pass of the engine may have brought its effects meanwhile.
  const rows = await db.transaction('r', db.outbox, db.finished, async () => [
    ...(await db.outbox.where('id').anyOf(ids).toArray()),
    ...(await db.finished.where('id').anyOf(ids).toArray()),
  ]);
  return rows.map(({ id, op, args }) => ({ id, intent: { op, args } as Intent }));
}
