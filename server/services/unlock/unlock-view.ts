import type { UnlockView } from '#shared/protocol/unlock';
import { browserWords } from '../auth/browser-words';
import { networkOf, placeOf } from '../auth/network-place';
import type { UnlockRequest } from './unlock-requests';
import { numbersToChoose } from './unlock-secrets';

/** What a phone at this address (IP) is shown of a request; `now` in ms since 1970. */
export function unlockViewOf(
  request: UnlockRequest,
  { address, now }: { address: string; now: number },
): UnlockView {
  return {
    requestId: request.requestId,
    browser: browserWords(request.userAgent),
    place: placeOf(request.network),
    sameNetwork: request.network !== '' && request.network === networkOf(address),
    createdAt: request.createdAt,
    expiresAt: request.expiresAt,
    serverNow: now,
    numbers: numbersToChoose(request.matchNumber, request.seed),
  };
}
