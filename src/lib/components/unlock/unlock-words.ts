import type { UnlockView } from '#shared/protocol/unlock';
import { placeWords } from '../settings/device-words';

/** Which browser it is. */
export function browserName({ browser }: Pick<UnlockView, 'browser'>): string {
  return browser === '' ? 'A browser that does not say which' : browser;
}

/** Where it is online, as seen from this phone. */
export function whereWords({ sameNetwork, place }: UnlockView): string {
  if (sameNetwork) return 'The same network as this phone';
  if (place === '') return 'Unknown';
  return `Not this phone’s network: ${placeWords({ network: place, isSameNetwork: false })}`;
}

/** How long ago it asked; `age` in milliseconds. */
export function askedWords(age: number): string {
  const seconds = Math.floor(age / 1000);
  if (seconds < 5) return 'Just now';
  return seconds < 60 ? `${seconds} seconds ago` : `${Math.floor(seconds / 60)} minute ago`;
}
