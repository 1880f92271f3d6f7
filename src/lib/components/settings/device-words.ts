import { isLocalPlace } from '#shared/domain/network-place';
import type { TimeFormat } from '../time/format';
import type { ListedDevice } from './device-list';

/** What a device is called: by its owner, else by what its browser says of itself, else by what is known of it. */
export function deviceTitle({ session, here }: Pick<ListedDevice, 'session' | 'here'>): string {
  const given = session?.name !== '' ? session?.name : session.words;
  if (given !== undefined && given !== '') return given;
  return here ? 'This device' : session ? 'A browser' : 'A device that is signed out';
}

/** `Used today, 14:05 · this network · 1 pass`; `Removed 3 Nov 2026, 14:05`. Empty parts are left out. */
export function deviceDetail(
  { session, holder, here }: Pick<ListedDevice, 'session' | 'holder' | 'here'>,
  now: number,
  format: Pick<TimeFormat, 'moment' | 'record'>,
): string {
  if (holder && holder.removedAt !== null) return `Removed ${format.record(holder.removedAt)}`;
  return [
    session && !here ? usedWords(session, now, format) : '',
    session && !here ? placeWords(session) : '',
    passWords(holder),
    !session && holder && holder.since !== 0 ? `since ${format.record(holder.since)}` : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function usedWords(
  { isOver, lastSeenAt }: NonNullable<ListedDevice['session']>,
  now: number,
  format: Pick<TimeFormat, 'moment'>,
): string {
  const at = format.moment(lastSeenAt, now);
  return isOver ? `Signed out by itself, last used ${at}` : `Last used ${at}`;
}

/** No map of the world's addresses is asked: this network, one at home, or the network's number. */
export function placeWords({ network, isSameNetwork }: { network: string; isSameNetwork: boolean }): string {
  if (network === '') return '';
  if (isSameNetwork) return 'your present network';
  if (isLocalPlace(network)) return 'a local network';
  return `network ${network.replace(/\.0\/24$/, '.x').replace(/::\/48$/, '')}`;
}

function passWords(holder: ListedDevice['holder']): string {
  if (!holder) return '';
  const { passCount } = holder;
  return passCount === 0 ? 'no pass' : passCount === 1 ? '1 pass' : `${String(passCount)} passes`;
}
