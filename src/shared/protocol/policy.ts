import * as z from 'zod/mini';
import { defaultPolicy, LONGEST_RESERVATION, type SitePolicy } from '#shared/domain/policy';

const MINUTE = 60_000;
const DAY = 24 * 3_600_000;

const credits = z.int().check(z.minimum(0), z.maximum(10_000));
/** Up to a year: anything longer is a unit mixed up. */
const duration = z.int().check(z.minimum(0), z.maximum(366 * DAY));
const minuteOfDay = z.int().check(z.minimum(0), z.maximum(1439));

const quietHours = z.nullable(
  z
    .strictObject({ from: minuteOfDay, until: minuteOfDay })
    .check(z.refine(({ from, until }) => from !== until, 'quiet hours that begin when they end')),
);

/** 1 Monday … 7 Sunday, ascending, none twice. */
export const weekdaysSchema = z.array(z.int().check(z.minimum(1), z.maximum(7))).check(
  z.minLength(1),
  z.maxLength(7),
  z.refine((days) => days.every((day, at) => at === 0 || day > (days[at - 1] ?? 0)), 'not ascending'),
);

const peakPrice = z.strictObject({
  weekdays: z.readonly(weekdaysSchema),
  from: minuteOfDay,
  until: minuteOfDay,
  price: credits,
});

/** Every rule with what a manager may set it to. */
const changeableFields = {
  price: credits,
  startingCredits: credits,
  reservationsAtATime: z.int().check(z.minimum(1), z.maximum(100)),
  maximumLength: z.int().check(z.minimum(15 * MINUTE), z.maximum(LONGEST_RESERVATION)),
  horizon: z.int().check(z.minimum(60 * MINUTE), z.maximum(366 * DAY)),
  leadTime: duration,
  quietHours,
  coolingOff: duration,
  cancelCutOff: duration,
  lateCancelCharge: credits,
  tracksNoShows: z.boolean(),
  noShowCharge: credits,
  leaseTime: z.int().check(z.minimum(0), z.maximum(7 * DAY)),
  leasesAtATime: z.int().check(z.minimum(1), z.maximum(10)),
  leasePrice: credits,
  visitorPassesPerWeek: z.int().check(z.minimum(0), z.maximum(1000)),
  currency: z.string().check(z.regex(/^[A-Z]{3}$/)),
  peakPrices: z.readonly(z.array(peakPrice).check(z.maxLength(20))),
  creditPrice: z.int().check(z.minimum(0), z.maximum(1_000_000)),
  offerTime: z.int().check(z.minimum(MINUTE), z.maximum(DAY)),
};

/** The args of `site.set_policy@1`: what is to change. */
export const policyChangesSchema = z.partial(z.strictObject(changeableFields));

const count = z.int().check(z.minimum(0));

const peakPriceFields = { weekdays: z.readonly(z.array(z.int())), from: count, until: count, price: count };

/** Every rule as it may stand: limits of what a manager may set that came later do not make a site unreadable. */
const storedFields = {
  price: count,
  startingCredits: count,
  reservationsAtATime: count,
  maximumLength: count,
  horizon: count,
  leadTime: count,
  quietHours,
  coolingOff: count,
  cancelCutOff: count,
  lateCancelCharge: count,
  tracksNoShows: z.boolean(),
  noShowCharge: count,
  leaseTime: count,
  leasesAtATime: count,
  leasePrice: count,
  visitorPassesPerWeek: count,
  currency: z.string(),
  peakPrices: z.readonly(z.array(z.object(peakPriceFields))),
  creditPrice: count,
  offerTime: count,
};

/**
 * A policy as it is stored and comes down. Rules that were not there when it was written have the defaults, and an old
 * build drops those it does not know.
 */
export const policySchema = z.pipe(
  z.transform((stored) =>
    stored !== null && typeof stored === 'object' ? { ...defaultPolicy, ...stored } : stored,
  ),
  z.object(storedFields),
);

/** Fails to compile when the schema and the domain's policy drift apart. */
type SamePolicy =
  z.infer<typeof policySchema> extends SitePolicy
    ? SitePolicy extends z.infer<typeof policySchema>
      ? true
      : never
    : never;
const samePolicy: SamePolicy = true;
void samePolicy;
