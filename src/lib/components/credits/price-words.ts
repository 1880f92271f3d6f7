import type { PeakPrice, SitePolicy } from '#shared/domain/policy';
import { formatCredits } from '../time/format';
import { hoursWords, weekdayWords } from '../time/weekly-words';

/** `Monday – Friday, 07:00 – 10:00: 6 credits`, `Sunday, all day: 6 credits` */
function peakWords(peak: PeakPrice): string {
  return `${weekdayWords(peak.weekdays, 'long')}, ${hoursWords(peak)}: ${formatCredits(peak.price)}`;
}

/** C5: what a reservation costs at all hours, in sentences; said before anybody books. */
export function priceSentences({ price, peakPrices }: Pick<SitePolicy, 'price' | 'peakPrices'>): string[] {
  const usual = price === 0 ? 'nothing' : formatCredits(price);
  // Less than the usual counts nowhere (domain/price).
  const dearer = peakPrices.filter((peak) => peak.price > price);
  if (dearer.length === 0) return [`A reservation costs ${usual}.`];
  return [
    `A reservation costs ${usual}, but at these hours:`,
    ...dearer.map((peak) => `${peakWords(peak)}.`),
    'Where a reservation touches several, it costs the most of them. What you have booked keeps its price.',
  ];
}
