/**
 * Hands values to `apply` one at a time; of those that come while one is under way only the newest is kept. A slider moves
 * faster than a camera. Failures are passed to `onFailure` with the value that failed.
 */
export function newestOnly<Value>(
  apply: (value: Value) => Promise<void>,
  onFailure: (value: Value) => void = () => undefined,
): (value: Value) => void {
  let waiting: { value: Value } | null = null;
  let busy = false;

  const run = async (): Promise<void> => {
    busy = true;
    while (waiting) {
      const { value } = waiting;
      waiting = null;
      await apply(value).catch(() => onFailure(value));
    }
    busy = false;
  };

  return (value) => {
    waiting = { value };
    if (!busy) void run();
  };
}
