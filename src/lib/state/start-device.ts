import { expectedMember, judgeStorage, parseCanary } from '$lib/sync/storage-guard';
import type { AppParts } from './app-parts';
import { deviceOf } from './device-of';
import type { EvictionState } from './eviction-state.svelte';
import { orClose } from './open-device.svelte';
import type { DeviceRecord } from './platform';
import type { SessionState } from './session-state.svelte';

interface StartParts extends Pick<AppParts, 'platform' | 'open'> {
  readonly session: SessionState;
  readonly eviction: EvictionState;
}

/** K7: opens the database of who is recorded here, or says what came of it. Rejects with what the storage throws. */
export async function openRecorded({ platform, open, session, eviction }: StartParts): Promise<void> {
  const recorded = platform.record.read();
  const left = parseCanary(platform.canary.read());
  const memberId = expectedMember(recorded?.memberId ?? null, left);
  const device = memberId === null ? null : await deviceOf(platform, recorded ?? unnamed(memberId));
  const hasClient = device !== null && (await orClose(device, () => device.hasClient()));
  const finding = judgeStorage(memberId, hasClient, left);
  if (device && recorded && finding.kind === 'whole') return open.enterAgain(device);
  if (finding.kind === 'evicted') {
    await device?.wipe();
    eviction.note(finding.lost);
  } else {
    await device?.close();
    open.become('signed_out');
    void session.find();
  }
}

/** Another tab has signed somebody in or out. Rejects with what the storage throws. */
export async function followRecord({ platform, open }: Pick<AppParts, 'platform' | 'open'>): Promise<void> {
  if (open.device?.isCurrent()) return;
  await open.leave();
  const recorded = platform.record.read();
  if (recorded) await open.enterAgain(await deviceOf(platform, recorded));
  else open.become('signed_out');
}

/** For a database whose member only the canary knows: to look whether it is there, no more. */
function unnamed(memberId: string): DeviceRecord {
  return { memberId, siteId: '', role: 'resident', name: '', siteName: '' };
}
