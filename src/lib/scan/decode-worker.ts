/// <reference lib="webworker" />
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';
import type { DecodeReply, DecodeRequest } from './decoder';
import { createFrameReader } from './read-frame';

/* Reads QR codes off the main thread; how a frame is read stands in read-frame.ts, which `npm run bench -- scan` measures. */

declare const self: DedicatedWorkerGlobalScope;

const readFrame = createFrameReader(wasmUrl);

self.addEventListener('message', ({ data }: MessageEvent<DecodeRequest>) => {
  void answer(data);
});

async function answer({ id, frame }: DecodeRequest): Promise<void> {
  let reply: DecodeReply;
  const startedAt = performance.now();
  try {
    reply = { id, ...(await readFrame(frame)), milliseconds: performance.now() - startedAt };
  } catch (error) {
    reply = { id, text: null, torn: false, milliseconds: 0, brightness: 0, failure: String(error) };
  } finally {
    frame.close();
  }
  self.postMessage(reply);
}
