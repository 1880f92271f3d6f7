/*
 * Moments of any day as `<input type="time">` has them.
 */

/** `22:30` as minutes since midnight; null for text that is no time. */
export function parseMinute(text: string): number | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)/.exec(text);
  return match ? Number(match[1]) * 60 + Number(match[2]) : null;
}

/** What such a field shows for minutes since midnight. */
export function minuteText(minute: number): string {
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  return `${twoDigits(Math.floor(minute / 60))}:${twoDigits(minute % 60)}`;
}
