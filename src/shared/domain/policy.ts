/** What a site has decided about reservations and credits. Durations in milliseconds. */
export interface SitePolicy {
  /** Credits that one reservation of somebody else's slot costs. */
  readonly price: number;
  /** Credits every member starts with. */
  readonly startingCredits: number;
  /** How many reservations that have not ended a member may have. */
  readonly reservationsAtATime: number;
  readonly maximumLength: number;
  /** How far ahead of now a reservation may end. */
  readonly horizon: number;
}

const HOUR = 3_600_000;

/** C3, C5: the policy of a site that has not decided otherwise. */
export const defaultPolicy: SitePolicy = {
  price: 3,
  startingCredits: 50,
  reservationsAtATime: 1,
  maximumLength: 24 * HOUR,
  horizon: 30 * 24 * HOUR,
};
