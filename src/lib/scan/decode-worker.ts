/// <reference lib="webworker" />
import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';
import type { DecodeReply, DecodeRequest } from './decoder';

/*
 * Reads QR codes off the main thread. Two tries a frame: small and quick finds what is held up properly (3 ms measured),
 * full size with every trick finds the rest (toolchain.md, "Scanning": 179 of 200 hard frames, 3.4 ms median).
 */

const QUICK_WIDTH = 640;

const quick: ReaderOptions = {
  formats: ['QRCode'],
  textMode: 'Plain',
  tryHarder: false,
  tryRotate: false,
  tryInvert: false,
  tryDownscale: false,
  maxNumberOfSymbols: 1,
};

const thorough: ReaderOptions = {
  formats: ['QRCode'],
  textMode: 'Plain',
  tryHarder: true,
  tryRotate: true,
  tryInvert: true,
  tryDownscale: true,
  maxNumberOfSymbols: 1,
  // A QR whose content cannot be restored is worth a word: the guard sees it and wonders.
  returnErrors: true,
};

declare const self: DedicatedWorkerGlobalScope;

// Without this the module would fetch its wasm from a CDN.
const ready = prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });
const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext('2d', { willReadFrequently: true });

function pixels(frame: ImageBitmap, width: number): ImageData {
  if (!context) throw new Error('this device gives workers no canvas');
  canvas.width = width;
  canvas.height = Math.round((frame.height * width) / frame.width);
  context.drawImage(frame, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

async function read(frame: ImageBitmap): Promise<Omit<DecodeReply, 'id'>> {
  const startedAt = performance.now();
  if (frame.width > QUICK_WIDTH) {
    const [found] = await readBarcodes(pixels(frame, QUICK_WIDTH), quick);
    if (found?.isValid) return { text: found.text, torn: false, milliseconds: performance.now() - startedAt };
  }
  const [found] = await readBarcodes(pixels(frame, frame.width), thorough);
  return {
    text: found?.isValid ? found.text : null,
    torn: found !== undefined && !found.isValid,
    milliseconds: performance.now() - startedAt,
  };
}

self.addEventListener('message', ({ data }: MessageEvent<DecodeRequest>) => {
  void answer(data);
});

async function answer({ id, frame }: DecodeRequest): Promise<void> {
  let reply: DecodeReply;
  try {
    await ready;
    reply = { id, ...(await read(frame)) };
  } catch (error) {
    reply = { id, text: null, torn: false, milliseconds: 0, failure: String(error) };
  } finally {
    frame.close();
  }
  self.postMessage(reply);
}
