import { qrOf } from '../src/lib/components/pass/qr';
import { html5QrcodeDecoder, jsQrDecoder, productDecoder, type Decode } from './scan-decoders';
import { prepareEffort, readableAtAll } from './scan-effort';
import { renderFrame } from './scan-frame';
import type { FrameRecipe } from './scan-recipes';

/** What came of one frame, by decoder; the better time of two, because the machine has other work. */
export interface FrameOutcome {
  readonly readable: boolean;
  /** Our worker's answer with the way there and back. */
  readonly roundTrip: number;
  readonly decoders: Readonly<Record<string, { readonly isRead: boolean; readonly milliseconds: number }>>;
}

export interface ScanPage {
  measure(recipe: FrameRecipe, text: string): Promise<FrameOutcome>;
  /** The frame as PNG, to be looked at. */
  picture(recipe: FrameRecipe, text: string): string;
}

declare global {
  interface Window {
    scanPage: Promise<ScanPage>;
  }
}

window.scanPage = start();

async function start(): Promise<ScanPage> {
  let roundTrip = 0;
  const decoders: Readonly<Record<string, Decode>> = {
    ours: productDecoder('/worker.js', (milliseconds) => (roundTrip = milliseconds)),
    'html5-qrcode': html5QrcodeDecoder(640),
    'html5-qrcode at full size': html5QrcodeDecoder(1280),
    jsQR: jsQrDecoder(),
  };
  await prepareEffort('/zxing_reader.wasm');
  return {
    async measure(recipe, text) {
      const frame = await createImageBitmap(renderFrame(qrOf(text), recipe));
      const outcomes: Record<string, { isRead: boolean; milliseconds: number }> = {};
      for (const [name, decode] of Object.entries(decoders)) {
        const first = await decode(frame);
        // jsQR takes seconds for a dark frame; those need no second look.
        const second = first.milliseconds > 500 ? first : await decode(frame);
        const { text: read } = first;
        // A wrong text would be worse than none, and is said; jsQR's empty one is its way of finding nothing.
        if (read && read !== text) console.warn(`${name} read something else: ${read}`);
        outcomes[name] = {
          isRead: read === text,
          milliseconds: Math.min(first.milliseconds, second.milliseconds),
        };
      }
      const readable =
        Object.values(outcomes).some(({ isRead }) => isRead) || (await readableAtAll(frame, text));
      frame.close();
      return { readable, roundTrip, decoders: outcomes };
    },
    picture(recipe, text) {
      const canvas = document.createElement('canvas');
      const picture = renderFrame(qrOf(text), recipe);
      canvas.width = picture.width;
      canvas.height = picture.height;
      canvas.getContext('2d')!.putImageData(picture, 0, 0);
      return canvas.toDataURL();
    },
  };
}
