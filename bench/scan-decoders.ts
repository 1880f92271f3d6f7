import { Html5QrcodeShim } from 'html5-qrcode/esm/code-decoder';
import { BaseLoggger, Html5QrcodeSupportedFormats } from 'html5-qrcode/esm/core';
import jsQR from 'jsqr';
import type { DecodeReply, DecodeRequest } from '../src/lib/scan/decoder';
import { FRAME_HEIGHT, FRAME_WIDTH } from './scan-frame';

/** Text of the code that was found, null when none was; and what that took, from the frame at hand to the answer. */
export interface Decoded {
  readonly text: string | null;
  readonly milliseconds: number;
}

export type Decode = (frame: ImageBitmap) => Promise<Decoded>;

/**
 * The product's own worker, spoken to as `decoder.ts` does. The time is the worker's own, from the frame to the text like the
 * others' here; `onReply` gets the time with the way there and back, which is the machine's other work more than ours.
 */
export function productDecoder(workerUrl: string, onReply: (milliseconds: number) => void): Decode {
  const worker = new Worker(workerUrl, { type: 'module' });
  let answered: (reply: DecodeReply) => void = () => undefined;
  worker.addEventListener('message', ({ data }: MessageEvent<DecodeReply>) => answered(data));
  worker.addEventListener('error', (event) => {
    throw new Error(`the product's worker does not run: ${event.message}`);
  });
  let id = 0;
  return async (frame) => {
    // The worker takes the frame over, and others want to see it, too; html5-qrcode and jsQR get the original.
    const copy = await createImageBitmap(frame);
    const sentAt = performance.now();
    const reply = await new Promise<DecodeReply>((resolve) => {
      answered = resolve;
      worker.postMessage({ id: ++id, frame: copy } satisfies DecodeRequest, [copy]);
    });
    if (reply.failure !== undefined) throw new Error(reply.failure);
    onReply(performance.now() - sentAt);
    return { text: reply.text, milliseconds: reply.milliseconds };
  };
}

/**
 * html5-qrcode's own decoder as `Html5Qrcode.foreverScan` (2.3.8) runs it: the frame drawn on a canvas of the video's CSS
 * width, then decoded, and once more when that failed. Only QR codes are asked for, which is in its favour.
 */
export function html5QrcodeDecoder(cssWidth: number): Decode {
  const shim = new Html5QrcodeShim(
    [Html5QrcodeSupportedFormats.QR_CODE],
    true,
    false,
    new BaseLoggger(false),
  );
  const canvas = document.createElement('canvas');
  canvas.width = cssWidth;
  canvas.height = Math.round((cssWidth * FRAME_HEIGHT) / FRAME_WIDTH);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const scan = (): Promise<string | null> =>
    shim.decodeAsync(canvas).then(
      ({ text }) => text,
      () => null,
    );
  return timed(async (frame) => {
    context.drawImage(frame, 0, 0, canvas.width, canvas.height);
    return (await scan()) ?? (await scan());
  });
}

/** jsQR on the whole frame, as its documentation has it. */
export function jsQrDecoder(): Decode {
  const canvas = document.createElement('canvas');
  canvas.width = FRAME_WIDTH;
  canvas.height = FRAME_HEIGHT;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  return timed((frame) => {
    context.drawImage(frame, 0, 0);
    const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
    return jsQR(data, width, height)?.data ?? null;
  });
}

function timed(read: (frame: ImageBitmap) => string | null | Promise<string | null>): Decode {
  return async (frame) => {
    const before = performance.now();
    const text = await read(frame);
    return { text, milliseconds: performance.now() - before };
  };
}
