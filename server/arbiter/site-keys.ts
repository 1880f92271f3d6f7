/** A set of (site, id) pairs, given to SQL as two arrays for `unnest`. */
export class SiteKeys {
  readonly #seen = new Set<string>();
  readonly siteIds: string[] = [];
  readonly ids: string[] = [];

  add(siteId: string, id: string): void {
    const key = `${siteId}/${id}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.siteIds.push(siteId);
    this.ids.push(id);
  }

  has(siteId: string, id: string): boolean {
    return this.#seen.has(`${siteId}/${id}`);
  }

  get size(): number {
    return this.ids.length;
  }
}
