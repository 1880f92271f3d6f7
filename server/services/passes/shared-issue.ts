/**
 * Shares the work of those who ask for the same site's at the same time. One issue of a site runs at a time; whoever asks
 * while it runs may not join it, for it may have read already, and shares the next one. Rejects as `issue` does.
 */
export function createSharedIssue(
  issue: (siteId: string) => Promise<void>,
): (siteId: string) => Promise<void> {
  const underWay = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();
  return (siteId) => {
    const waiting = next.get(siteId);
    if (waiting) return waiting;
    const before = underWay.get(siteId) ?? Promise.resolve();
    const mine: Promise<void> = before
      .catch(() => undefined)
      .then(() => {
        next.delete(siteId);
        underWay.set(siteId, mine);
        return issue(siteId);
      })
      .finally(() => {
        if (underWay.get(siteId) === mine) underWay.delete(siteId);
      });
    next.set(siteId, mine);
    return mine;
  };
}
