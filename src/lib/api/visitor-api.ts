import { visitorLinkSchema, type VisitorLinkView } from '#shared/protocol/visitor-link';
import { call } from './client';
import type { Result } from './sync-api';

/** What the server shows of a link: `visitor.open`. Never throws on account of the network. */
export type OpenLink = (token: string, holderKey: string | null) => Promise<Result<VisitorLinkView>>;

/** Asks the server that this page came from. */
export const openLink: OpenLink = async (token, holderKey) => {
  // Loaded when first asked for: a pass that is on the phone stands without it.
  const loaded = await import('./browser-client').catch(() => null);
  if (!loaded) return { ok: false, failure: { kind: 'unreachable' } };
  const answer = await call(loaded.trpc.visitor.open.mutate({ token, holderKey }));
  if (!answer.ok) return answer;
  const read = visitorLinkSchema.safeParse(answer.value);
  return read.success ? { ok: true, value: read.data } : { ok: false, failure: { kind: 'unreadable' } };
};
