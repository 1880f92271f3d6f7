import type { SitePolicy } from '#shared/domain/policy';
import { priceSentences } from '../credits/price-words';
import { formatCredits, formatLength } from '../time/format';
import { formatMoney } from '../time/money';
import { quietWords } from '../time/window-choice';

/** One rule of a building in plain words. */
export interface RuleSentence {
  readonly topic: string;
  readonly sentence: string;
  /** The parts of the policy it tells: a change of any of them that waits marks it. */
  readonly from: readonly (keyof SitePolicy)[];
}

type Telling = (policy: SitePolicy) => string;

/** Every part of the policy stands in one of these; a test finds what is left out. */
const rules: readonly (readonly [string, readonly (keyof SitePolicy)[], Telling])[] = [
  ['Price', ['price', 'peakPrices'], priceRule],
  ['Buying credits', ['creditPrice'], buyingRule],
  [
    'How long',
    ['maximumLength'],
    (policy) => `A reservation lasts ${formatLength(policy.maximumLength)} at most.`,
  ],
  ['How far ahead', ['horizon'], (policy) => `It ends at most ${formatLength(policy.horizon)} from now.`],
  ['How early to ask', ['leadTime'], leadRule],
  ['How many', ['reservationsAtATime'], countRule],
  ['Quiet hours', ['quietHours'], quietRule],
  ['Between neighbours', ['coolingOff'], coolingRule],
  ['Cancelling', ['cancelCutOff', 'lateCancelCharge'], cancelRule],
  ['Not coming', ['tracksNoShows', 'noShowCharge'], noShowRule],
  ['Visitors', ['visitorPassesPerWeek', 'currency'], visitorRule],
  ['Keeping a slot', ['leaseTime', 'leasesAtATime', 'leasePrice'], leaseRule],
  ['Waiting in line', ['offerTime'], offerRule],
  [
    'New residents',
    ['startingCredits'],
    (policy) => `Everybody new starts with ${formatCredits(policy.startingCredits)}.`,
  ],
];

/** C3, C6: the rules of a building as everybody may read them, always the same ones in the same order. */
export function ruleSentences(policy: SitePolicy): RuleSentence[] {
  return rules.map(([topic, from, tell]) => ({ topic, from, sentence: tell(policy) }));
}

function priceRule({ price, peakPrices }: SitePolicy): string {
  if (peakPrices.some((peak) => peak.price > price)) {
    return `${priceSentences({ price, peakPrices }).join(' ')} The slot’s owner gets them, or the building for its own slots.`;
  }
  if (price === 0) return 'Reserving a slot costs nothing.';
  return `A reservation costs ${formatCredits(price)}. The slot’s owner gets them, or the building for its own slots.`;
}

function buyingRule({ creditPrice, currency }: SitePolicy): string {
  if (creditPrice === 0) return 'Credits are not sold online; ask the manager.';
  return `One credit costs ${formatMoney(creditPrice, currency)} online.`;
}

function offerRule({ offerTime }: SitePolicy): string {
  return `A slot that gets free is kept ${formatLength(offerTime)} for who is next in line.`;
}

function leadRule({ leadTime }: SitePolicy): string {
  if (leadTime === 0) return 'You can reserve for right now.';
  return `A slot must be reserved at least ${formatLength(leadTime)} before it is used.`;
}

function countRule({ reservationsAtATime: count }: SitePolicy): string {
  const many = count === 1 ? 'one reservation' : `${count} reservations`;
  return `You can have ${many} at a time. A slot kept for later counts too.`;
}

function quietRule({ quietHours }: SitePolicy): string {
  if (!quietHours) return 'Cars may come and go at any time.';
  return `${quietWords(quietHours)}: no car comes or goes, so no reservation starts or ends then.`;
}

function coolingRule({ coolingOff }: SitePolicy): string {
  if (coolingOff === 0) return 'You can use a neighbour’s slot right after they used yours.';
  return `After a neighbour reserved your slot, you can reserve theirs only ${formatLength(coolingOff)} later.`;
}

function cancelRule({ cancelCutOff, lateCancelCharge, price }: SitePolicy): string {
  const charge = Math.min(lateCancelCharge, price);
  if (cancelCutOff === 0 || charge === 0) {
    return 'You can cancel until the start and get everything back.';
  }
  return (
    `You can cancel until ${formatLength(cancelCutOff)} before the start and get everything back. ` +
    `Later, until the start, ${formatCredits(charge)} ${charge === 1 ? 'is' : 'are'} kept.`
  );
}

function noShowRule({ tracksNoShows, noShowCharge }: SitePolicy): string {
  if (!tracksNoShows) return 'Nobody checks whether you used your reservation.';
  const unused = 'A reservation whose pass was never shown at the gate counts as not used';
  return noShowCharge === 0
    ? `${unused}. That costs nothing more.`
    : `${unused} and costs ${formatCredits(noShowCharge)} more.`;
}

function leaseRule({ leaseTime, leasesAtATime, leasePrice, price }: SitePolicy): string {
  if (leaseTime === 0) return 'Slots are not kept for later here.';
  const many = leasesAtATime === 1 ? 'one slot' : `${leasesAtATime} slots`;
  const charge = Math.min(leasePrice, price);
  const cost = charge === 0 ? 'costs nothing' : `costs ${formatCredits(charge)}`;
  return (
    `You can keep ${many} for a time that ends within ${formatLength(leaseTime)} ` +
    `and book later, also without signal. What you do not book ${cost}.`
  );
}

function visitorRule({ visitorPassesPerWeek: count, currency }: SitePolicy): string {
  const paid = `What visitors pay is noted in ${currency}.`;
  if (count === 0) return `Visitor passes are made by guards and managers alone. ${paid}`;
  const many = count === 1 ? 'one visitor pass' : `${count} visitor passes`;
  return `You can make ${many} in seven days; one that you take back unused does not count. ${paid}`;
}
