import * as z from 'zod/mini';
import { noticeKinds, type NoticePreferences } from '#shared/domain/notice-kinds';

const minuteOfDay = z.int().check(z.minimum(0), z.maximum(1439));
const kind = z.enum(noticeKinds);

/** The args of `notice.set_preferences@1`; kinds that are left out have their defaults. */
export const noticePreferencesSchema = z.strictObject({
  push: z.partialRecord(kind, z.boolean()),
  mail: z.partialRecord(kind, z.enum(['off', 'at_once', 'daily'])),
  quietHours: z.nullable(z.strictObject({ from: minuteOfDay, until: minuteOfDay })),
  detailsOnLockScreen: z.boolean(),
});

/** Fails to compile when the schema and the domain's preferences drift apart. */
type SamePreferences = z.infer<typeof noticePreferencesSchema> extends NoticePreferences ? true : never;
const samePreferences: SamePreferences = true;
void samePreferences;
