import type { VisitorLinkView } from '#shared/protocol/visitor-link';
import type { LinkProblem } from './link-visit.svelte';
import type { PageKeeping } from './page-keeper.svelte';

/** What a link's page shows in place of a code. */
export type LinkSituation =
  | 'shown'
  /** Revoked, or its time is over. */
  | 'revoked'
  | 'over'
  /** For the phone that takes it first. */
  | 'to_take'
  | 'elsewhere'
  /** Used up before any phone took it. */
  | 'used';

export interface InsteadWords {
  readonly title: string;
  readonly text: string;
}

/** D2: what to show of a pass at `now` (ms since 1970, the server's clock as estimated). */
export function linkSituation(view: VisitorLinkView, now: number): LinkSituation {
  if (view.state === 'revoked') return 'revoked';
  if (view.state === 'over' || view.end <= now) return 'over';
  if (view.holder === 'another_phone') return 'elsewhere';
  if (view.holder === 'nobody_yet') return view.state === 'used' ? 'used' : 'to_take';
  return 'shown';
}

/** Why there is no code to show, and what to do. */
export function situationWords(situation: Exclude<LinkSituation, 'shown' | 'to_take'>): InsteadWords {
  switch (situation) {
    case 'revoked':
      return { title: 'This pass was revoked', text: 'It opens nothing any more. Ask who sent it.' };
    case 'over':
      return { title: 'This pass is over', text: 'Its time has passed. Ask who sent it for a new one.' };
    case 'elsewhere':
      return {
        title: 'This pass is on another phone',
        text: 'It works only where it was opened first, in that browser. Open it there, or ask who sent it for a new link.',
      };
    case 'used':
      return {
        title: 'This pass is used up',
        text: 'Somebody came in on it. Ask who sent it for a new one.',
      };
  }
}

/**
 * Under a pass: whether it will be there at the gate. `isKept` is said of the pass and its key, `page` of the page that shows
 * it, `isFresh` of the last answer.
 */
export function footWords({
  isKept,
  isFresh,
  page,
}: {
  readonly isKept: boolean;
  readonly isFresh: boolean;
  readonly page: PageKeeping;
}): string {
  if (!isKept) return 'This browser keeps nothing: load the page where you have signal and leave it open.';
  if (page === 'never') {
    return 'This browser cannot open the page without signal: load it before you drive in, and leave it open.';
  }
  const asked = 'No signal: this is how it was when last asked.';
  if (page === 'not_yet') return isFresh ? 'Leave this page open.' : `${asked} Leave this page open.`;
  return isFresh
    ? 'On this phone now: it needs no signal at the gate.'
    : `${asked} It works at the gate all the same.`;
}

/** Why nothing of the pass can be shown. */
export function problemWords(problem: LinkProblem): InsteadWords {
  switch (problem) {
    case 'not_found':
      return {
        title: 'This link opens nothing',
        text: 'It may be incomplete, or there is a newer one. Ask who sent it to send it again.',
      };
    case 'needs_signal':
      return {
        title: 'This needs signal once',
        text: 'Open the link where you have signal. From then on the pass is on this phone, and needs none in the garage.',
      };
    case 'too_many':
      return { title: 'Too many attempts', text: 'Wait a few minutes. The pass is then shown by itself.' };
    case 'insecure':
      return {
        title: 'This page is not secure',
        text: 'A pass is shown only at an https address. Ask who sent the link for that one.',
      };
    case 'unreadable':
      return { title: 'This page is out of date', text: 'Load it again to bring it up to date.' };
  }
}
