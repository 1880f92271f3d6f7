import type { VisitPayment } from '#shared/domain/entities';
import type { TimeRange } from '#shared/domain/time-range';
import { LONGEST_RESERVATION, type SitePolicy } from '#shared/domain/policy';
import { personKey } from '#shared/domain/visitor-person';
import type { VisitorWish } from '$lib/state/visitor-views';
import { exampleAmount, parseAmount } from '../time/money';
import type { WindowLimits } from '../time/window-choice';

/** What a person has typed so far. */
export interface VisitorDraft {
  readonly visitors: readonly { readonly name: string; readonly phone: string }[];
  readonly uses: '1' | '2';
  readonly plate: string;
  readonly payment: VisitPayment;
  /** As typed: `12.50`. */
  readonly amount: string;
  readonly reference: string;
  readonly binds: boolean;
}

export type VisitorField = `name${0 | 1}` | `phone${0 | 1}` | 'amount' | 'reference';
export type VisitorProblems = { readonly [F in VisitorField]?: string };

export const emptyDraft: VisitorDraft = {
  visitors: [{ name: '', phone: '' }],
  uses: '1',
  plate: '',
  payment: 'none',
  amount: '',
  reference: '',
  binds: false,
};

/** How often a pass lets a car in, as the form offers it. */
export const usesChoices = [
  { value: '1', label: 'Once' },
  { value: '2', label: 'Twice' },
] as const;

/** The wire's own pattern; an extension or a word would make two of one person. */
const PHONE = /^\+?[0-9 ()/.-]{3,31}$/;
/** Of the wire, in minor units. */
const MOST = 1_000_000;

/** D2: what is wrong with what was entered and how to mend it, by field. `currency` as ISO 4217. */
export function problemsIn(draft: VisitorDraft, currency: string): VisitorProblems {
  const problems: { -readonly [F in VisitorField]?: string } = {};
  draft.visitors.forEach(({ name, phone }, index) => {
    const place = index === 0 ? 0 : 1;
    if (name.trim() === '') problems[`name${place}`] = 'Give a name the guard can ask for.';
    if (phone.trim() === '')
      problems[`phone${place}`] = 'Give a phone number: it tells people of one name apart.';
    else if (!PHONE.test(phone.trim()))
      problems[`phone${place}`] = 'Digits and spaces only, like +48 600 100 200.';
  });
  const [first, second] = draft.visitors;
  if (first && second && !problems.name1 && !problems.phone1 && personKey(first) === personKey(second)) {
    problems.name1 = `The same person again: name somebody else, or choose “${usesChoices[1].label}”.`;
  }
  if (draft.payment === 'none') return problems;
  const amount = parseAmount(draft.amount, currency);
  if (amount === null) problems.amount = `Give an amount like ${exampleAmount(currency)}.`;
  else if (amount > MOST) problems.amount = 'That is more than can be noted here.';
  if (draft.payment === 'online' && draft.reference.trim() === '') {
    problems.reference = 'Give the payment’s reference, so that it can be found again.';
  }
  return problems;
}

/** What is to be asked for; call it when nothing is wrong. */
export function wishOf(draft: VisitorDraft, { start, end }: TimeRange, currency: string): VisitorWish {
  const isPaid = draft.payment !== 'none';
  return {
    visitors: draft.visitors.map(({ name, phone }) => ({ name: name.trim(), phone: phone.trim() })),
    uses: draft.uses === '2' ? 2 : 1,
    start,
    end,
    plate: draft.plate.trim().toUpperCase(),
    payment: draft.payment,
    amount: isPaid ? (parseAmount(draft.amount, currency) ?? 0) : 0,
    reference: draft.payment === 'online' ? draft.reference.trim() : '',
    binds: draft.binds,
  };
}

/** Of the building's rules those that hold for visitors: they come at any hour, and nobody has to ask early. */
export function visitLimits({ horizon }: Pick<SitePolicy, 'horizon'>): WindowLimits {
  return { horizon, maximumLength: LONGEST_RESERVATION, leadTime: 0, quietHours: null };
}
