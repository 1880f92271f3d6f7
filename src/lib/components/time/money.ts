import { screenLocale } from './format';

/* Money is whole minor units (cents) of an ISO 4217 currency. */

/** `12`, `12.5` or `12,50` in minor units of the currency; null for anything else. */
export function parseAmount(text: string, currency: string): number | null {
  const match = /^(\d{1,7})(?:[.,](\d+))?$/.exec(text.trim());
  const digits = minorDigits(currency);
  const fraction = match?.[2] ?? '';
  if (!match || fraction.length > digits) return null;
  return Number(match[1]) * 10 ** digits + Number(fraction.padEnd(digits, '0') || 0);
}

/** `€12.50`. */
export function formatMoney(amount: number, currency: string, locale = screenLocale()): string {
  return new Intl.NumberFormat(locale, { style: 'currency', currency }).format(
    amount / 10 ** minorDigits(currency),
  );
}

/** `12.50`: what `parseAmount` reads again. */
export function amountText(amount: number, currency: string): string {
  const digits = minorDigits(currency);
  return (amount / 10 ** digits).toFixed(digits);
}

/** `12.50`, as the currency has it. */
export function exampleAmount(currency: string): string {
  return minorDigits(currency) === 0 ? '12' : `12.${'50'.padEnd(minorDigits(currency), '0')}`;
}

/** The euro's cents are 2, the yen has none. */
function minorDigits(currency: string): number {
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  );
}
