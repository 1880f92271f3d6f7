import { z } from 'zod';
import { canonicalId, fromHex } from './bytes';
import { importKeyBundle } from './key-bundle';
import type { PassHistory, PassResult } from './pass-verdict';
import { openStatusList } from './status-list';
import { verifyPass } from './verify-pass';
import type { Inflate, SubtleVerify } from './web-crypto';

/** What comes of a conformance case (`pass-format.md`, "Conformance vectors"). */
export interface PassCaseLine {
  name: string;
  result: PassResult | 'invalid_case';
}

const passCase = z.object({
  name: z.string(),
  qr: z.string(),
  now: z.number(),
  site: z.string(),
  gate: z.int().nonnegative(),
  keys: z.array(
    z.object({ site: z.string(), x: z.string(), y: z.string(), from: z.number(), until: z.number() }),
  ),
  statusList: z.string().nullish(),
  seen: z.array(z.object({ cti: z.string(), ctr: z.number() })).default([]),
  used: z.array(z.object({ cti: z.string(), at: z.number(), gate: z.number(), by: z.string() })).default([]),
  challenge: z.string().nullish(),
});
type PassCase = z.infer<typeof passCase>;

/** Runs one case of a conformance file; `problem` says why it could not be run, null when it was. Never rejects. */
export async function runPassCase(
  tools: { subtle: SubtleVerify; inflate: Inflate },
  entry: unknown,
  index: number,
): Promise<{ line: PassCaseLine; problem: string | null }> {
  const parsed = passCase.safeParse(entry);
  if (!parsed.success) return invalid(nameOf(entry, index), z.prettifyError(parsed.error));
  try {
    const result = await decide(tools, parsed.data);
    return { line: { name: parsed.data.name, result }, problem: null };
  } catch (error) {
    return invalid(parsed.data.name, String(error));
  }
}

function invalid(name: string, problem: string): { line: PassCaseLine; problem: string } {
  return { line: { name, result: 'invalid_case' }, problem };
}

function nameOf(entry: unknown, index: number): string {
  const named = z.object({ name: z.string() }).safeParse(entry);
  return named.success ? named.data.name : `case ${index}`;
}

async function decide(
  { subtle, inflate }: { subtle: SubtleVerify; inflate: Inflate },
  entry: PassCase,
): Promise<PassResult> {
  const keys = await importKeyBundle(subtle, entry.keys);
  const { result } = await verifyPass(subtle, entry.qr, {
    keys,
    statusList: await openStatusList({ subtle, inflate, keys }, hexOrNothing(entry.statusList)),
    site: entry.site,
    gate: entry.gate,
    now: entry.now,
    challenge: hexOrNothing(entry.challenge),
    history: (passId) => historyOf(entry, passId),
  });
  return result;
}

/** Text that is not hex stands for bytes that are not a status list or nonce: they verify and match nothing. */
function hexOrNothing(text: string | null | undefined): Uint8Array | null {
  return text == null ? null : (fromHex(text) ?? new Uint8Array(0));
}

function historyOf(entry: PassCase, passId: string): PassHistory {
  const counters = entry.seen.filter(({ cti }) => canonicalId(cti) === passId).map(({ ctr }) => ctr);
  return {
    highestCtr: counters.length > 0 ? Math.max(...counters) : null,
    uses: entry.used.filter(({ cti }) => canonicalId(cti) === passId),
  };
}
