const readers = new Map<string, Intl.DateTimeFormat>();

/**
 * How far a zone's clocks are ahead of UTC at a whole minute, in ms. Throws a RangeError for a zone that the runtime does not know.
 */
export function zoneOffset(at: number, timeZone: string): number {
  const parts = new Map(
    readerOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute')) - at;
}

/** Making one takes longer than thousands of readings. */
function readerOf(timeZone: string): Intl.DateTimeFormat {
  let reader = readers.get(timeZone);
  if (!reader) {
    reader = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' },
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' },
    });
    readers.set(timeZone, reader);
  }
  return reader;
}
