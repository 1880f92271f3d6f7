import type { BrowserContext, Page } from '@playwright/test';
import { toDataURL } from 'qrcode';

/*
 * A camera that sees what a test holds up while the page runs: Chromium's own fake camera plays a film that has to be
 * made before. The page gets a canvas as its camera's picture; all from the video on is the product's.
 */

/** Gives every page of the context such a camera. Before the page is opened. */
export async function giveCamera(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const canvas = document.createElement('canvas');
    canvas.width = 1280;
    canvas.height = 720;
    const picture = canvas.getContext('2d')!;
    let held: HTMLImageElement | null = null;
    let filming: ReturnType<typeof setInterval> | null = null;
    const draw = (): void => {
      picture.fillStyle = '#686f77';
      picture.fillRect(0, 0, canvas.width, canvas.height);
      // Pixel on pixel, as large as it fits: how blurred codes are read, bench/scan measures.
      if (held) picture.drawImage(held, (1280 - held.width) / 2, (720 - held.height) / 2);
    };
    Object.assign(window, {
      holdUp: async (url: string | null) => {
        held = null;
        if (url === null) return;
        const image = new Image();
        image.src = url;
        await image.decode();
        held = image;
      },
    });
    navigator.mediaDevices.getUserMedia = () => {
      // Not before: most pages of a phone look through no camera.
      filming ??= setInterval(draw, 50);
      return Promise.resolve(canvas.captureStream(20));
    };
    navigator.permissions.query = () => Promise.resolve({ state: 'granted' } as PermissionStatus);
  });
}

/** Holds a QR with this text before the page's camera; null takes it away. */
export async function holdUp(page: Page, text: string | null): Promise<void> {
  const url =
    text === null ? null : await toDataURL(text, { errorCorrectionLevel: 'L', margin: 4, scale: 6 });
  await page.evaluate(
    (shown) => (window as unknown as { holdUp(url: string | null): Promise<void> }).holdUp(shown),
    url,
  );
}
