import { formatCredits } from '../time/format';

/** C3: `3 credits more, because nobody came`; null without a charge. */
export function chargeWords(charge: number): string | null {
  return charge === 0 ? null : `${formatCredits(charge)} more, because nobody came`;
}
