/** What a site has decided about reservations and credits. Durations in milliseconds. */
export interface SitePolicy {
  /** Credits that one reservation of somebody else's slot costs. */
  readonly price: number;
  /** Credits every member starts with. */
  readonly startingCredits: number;
  /** How many reservations that have not ended a member may have; leases count. */
  readonly reservationsAtATime: number;
  /** At most LONGEST_RESERVATION. */
  readonly maximumLength: number;
  /** How far ahead of now a reservation may end. */
  readonly horizon: number;
  /** How long before its start a slot must be asked for; 0 lets one be taken that has begun. */
  readonly leadTime: number;
  /** When no car may come or go; null at any time. */
  readonly quietHours: QuietHours | null;
  /** C6: how long after somebody used one's own slot one may not use theirs; 0 at once. */
  readonly coolingOff: number;
  /** How long before the start a cancellation becomes late; 0 never, until the start. */
  readonly cancelCutOff: number;
  /** Credits, at most the cost, that a late cancellation does not give back. */
  readonly lateCancelCharge: number;
  /** Whether a reservation whose pass nobody showed is a no-show: only where a guard reads every pass. */
  readonly tracksNoShows: boolean;
  /** Credits, at most the balance, that a no-show pays beside the cost. */
  readonly noShowCharge: number;
  /** X3: how far ahead of now a lease may end; 0 where there are none. */
  readonly leaseTime: number;
  /** How many leases a member may have at a time. */
  readonly leasesAtATime: number;
  /** Credits, at most the cost, that a lease costs which nobody books. */
  readonly leasePrice: number;
  /** D2: how many visitor passes a resident may issue in seven days; 0 none. Guards and managers are not counted. */
  readonly visitorPassesPerWeek: number;
  /** ISO 4217, of what visitors and credits cost. */
  readonly currency: string;
  /** E8: prices that hold at certain hours instead of `price`; where several hold, the highest. */
  readonly peakPrices: readonly PeakPrice[];
  /** B8: minor units of the currency that one credit costs online; 0 where none are sold. */
  readonly creditPrice: number;
  /** E8: how long a freed slot is kept for who waits in line. */
  readonly offerTime: number;
}

/** E8: a price at certain hours of the site's wall clock. */
export interface PeakPrice {
  /** 1 Monday … 7 Sunday, ascending, none twice. */
  readonly weekdays: readonly number[];
  /** Minutes of the day, 0 to 1439; `until` at or before `from` ends on the next day. */
  readonly from: number;
  readonly until: number;
  /** Credits. */
  readonly price: number;
}

/** Local wall-clock minutes of the day, 0 to 1439, half-open; `from` later than `until` spans midnight. */
export interface QuietHours {
  readonly from: number;
  readonly until: number;
}

/** What a manager changes of a policy; what is left out stays as it is. */
export type PolicyChanges = { readonly [K in keyof SitePolicy]?: SitePolicy[K] | undefined };

const HOUR = 3_600_000;

/**
 * No site may allow longer reservations. A pass lives as long as its reservation, and gates remember for 48 hours what
 * they let in; the search for free slots looks back no further than this.
 */
export const LONGEST_RESERVATION = 24 * HOUR;

/** C3, C5: the policy of a site that has not decided otherwise. */
export const defaultPolicy: SitePolicy = {
  price: 3,
  startingCredits: 50,
  reservationsAtATime: 1,
  maximumLength: LONGEST_RESERVATION,
  horizon: 30 * 24 * HOUR,
  leadTime: 0,
  quietHours: null,
  coolingOff: 0,
  cancelCutOff: 0,
  lateCancelCharge: 0,
  tracksNoShows: false,
  noShowCharge: 0,
  leaseTime: 12 * HOUR,
  leasesAtATime: 1,
  leasePrice: 1,
  visitorPassesPerWeek: 5,
  currency: 'EUR',
  peakPrices: [],
  creditPrice: 0,
  offerTime: 10 * 60_000,
};
