/** A frame on its way to the worker, which closes it. */
export interface DecodeRequest {
  id: number;
  frame: ImageBitmap;
}

/** What a frame held. */
export interface DecodeReply {
  id: number;
  /** The content of the QR, null when none could be read. */
  text: string | null;
  /** A QR is there, but too damaged, blurred or covered to read. */
  torn: boolean;
  /** What decoding took, in the worker. */
  milliseconds: number;
  /** Mean light of the frame, 0 black to 255 white. */
  brightness: number;
  /** The decoder itself does not work (its wasm did not load, say). */
  failure?: string;
}

/** Decodes frames one at a time in a worker of its own. */
export interface Decoder {
  /** Takes the frame over. Rejects when the decoder does not work at all, and then every time. */
  decode(frame: ImageBitmap): Promise<DecodeReply>;
  close(): void;
}

/** Starts the worker; its wasm is loaded by the time the camera is. */
export function createDecoder(): Decoder {
  const worker = new Worker(new URL('./decode-worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<
    number,
    { resolve: (reply: DecodeReply) => void; reject: (error: Error) => void }
  >();
  let lastId = 0;
  let broken: Error | null = null;

  worker.addEventListener('message', ({ data }: MessageEvent<DecodeReply>) => {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.failure === undefined) asked?.resolve(data);
    else asked?.reject(new Error(data.failure));
  });
  worker.addEventListener('error', (event) => {
    // Kept for those who ask later: a script that does not load mostly says so before the camera has its first frame.
    broken = new Error(event.message || 'the decoder could not be started');
    for (const asked of waiting.values()) asked.reject(broken);
    waiting.clear();
  });

  return {
    decode: (frame) =>
      new Promise((resolve, reject) => {
        if (broken) {
          frame.close();
          reject(broken);
          return;
        }
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, frame } satisfies DecodeRequest, [frame]);
      }),
    close: () => worker.terminate(),
  };
}
