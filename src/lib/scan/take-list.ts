import { toBase64url } from '#shared/pass/base64url';
import { openStatusList } from '#shared/pass/status-list';
import { parseStatusListPart, StatusListCollector } from '#shared/pass/status-list-code';
import type { SubtleVerify } from '#shared/pass/web-crypto';
import { inflateBounded } from './inflate';
import type { GateKnowledge } from './gate-knowledge';
import { isLaterList, issuedAt } from './list-in-use';

/** What came of a code that is part of another guard's status list. Times in ms. */
export type TakenList =
  | { readonly kind: 'collecting'; readonly have: number; readonly parts: number }
  /** To be kept: `signed` is base64url. */
  | { readonly kind: 'taken'; readonly signed: string; readonly issuedAt: number }
  /** This device goes by a list that is as new. */
  | { readonly kind: 'not_newer'; readonly issuedAt: number }
  /** Not signed for this site by a key that this device knows. */
  | { readonly kind: 'not_ours' }
  | { readonly kind: 'damaged' };

/** What the device goes by now. */
export type ListContext = Pick<GateKnowledge, 'keys' | 'statusList'> & { readonly site: string };

/** K8: puts together the parts of other guards' status lists, as the camera reads them, and says what they are. */
export class ListTaker {
  readonly #subtle: SubtleVerify;
  readonly #collector: StatusListCollector;
  /** By digest: a list that was taken keeps being shown, and shall not be taken with every round of its parts. */
  #lastDigest = '';
  #lastText = '';

  constructor(subtle: SubtleVerify) {
    this.#subtle = subtle;
    this.#collector = new StatusListCollector(subtle);
  }

  /** Null for what says nothing new: the same part again, or a part of what was just dealt with. */
  async take(text: string, context: () => Promise<ListContext>): Promise<TakenList | null> {
    if (text === this.#lastText) return null;
    this.#lastText = text;
    const read = parseStatusListPart(text);
    if (!read.ok) return { kind: 'damaged' };
    if (read.value.digest === this.#lastDigest) return null;
    const progress = await this.#collector.add(read.value);
    if (progress.kind !== 'complete') return progress;
    const judged = await this.#judge(progress.signed, await context());
    // What cannot be trusted may be once newer keys are here, so it is looked at again.
    if (judged.kind === 'taken' || judged.kind === 'not_newer') this.#lastDigest = read.value.digest;
    return judged;
  }

  async #judge(signed: Uint8Array, { keys, statusList, site }: ListContext): Promise<TakenList> {
    const opened = await openStatusList({ subtle: this.#subtle, inflate: inflateBounded, keys }, signed);
    const issued = issuedAt(opened, site);
    if (issued === null) return { kind: 'not_ours' };
    if (!isLaterList(opened, statusList, site)) return { kind: 'not_newer', issuedAt: issued * 1000 };
    return { kind: 'taken', signed: toBase64url(signed), issuedAt: issued * 1000 };
  }
}
