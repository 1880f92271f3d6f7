/** Does the work once there is room for it, in all and for that user; those of one user in the order they came. */
export type SendingSlots = <T>(userId: string, work: () => Promise<T>) => Promise<T>;

/**
 * Room for `all` pieces of work at the same time, and of them `each` for one user: somebody whose browsers do not answer keeps the
 * others waiting by no more than that.
 */
export function createSendingSlots({ all, each }: { all: number; each: number }): SendingSlots {
  const everybody = createSlots(all);
  const shares = new Map<string, { readonly slots: Slots; count: number }>();
  return async (userId, work) => {
    const share = shares.get(userId) ?? { slots: createSlots(each), count: 0 };
    shares.set(userId, share);
    share.count++;
    try {
      return await share.slots(() => everybody(work));
    } finally {
      share.count--;
      if (share.count === 0) shares.delete(userId);
    }
  };
}

type Slots = <T>(work: () => Promise<T>) => Promise<T>;

/** At most so many at the same time; the others wait, first come first served. */
function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
