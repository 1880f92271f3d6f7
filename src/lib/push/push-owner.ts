import type { PushOwnership } from '$lib/state/platform';
import { showBadge } from './badge';
import { notePushWanted, pushWantedBy } from './push-wanted';

/**
 * B4: a sign-out ends the session, and with it the server's side of a subscription. The note of who wants it stays on the device,
 * so that it is there again after that person's next sign-in.
 */
export const browserPush: PushOwnership = {
  keepFor(userId) {
    const wantedBy = pushWantedBy();
    // Empty: noted by a build that did not know whose it was.
    if (wantedBy === null || wantedBy === '') return;
    // As if it had never been looked at: the next look is due.
    notePushWanted(wantedBy === userId ? userId : null, 0);
    if (wantedBy !== userId) void silence();
  },
  silence: () => void silence(),
};

async function silence(): Promise<void> {
  void showBadge(navigator, 0);
  try {
    // Typed as always there; they are not where storage is blocked, or in Safari outside of the home screen.
    const serviceWorker = navigator.serviceWorker as ServiceWorkerContainer | undefined;
    const registration = await serviceWorker?.getRegistration();
    for (const shown of (await registration?.getNotifications()) ?? []) shown.close();
    const pushManager = registration?.pushManager as PushManager | undefined;
    await (await pushManager?.getSubscription())?.unsubscribe();
  } catch {
    // The server ends it once it hears of the sign-out.
  }
}
