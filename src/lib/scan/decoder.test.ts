import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDecoder, type DecodeRequest } from './decoder';

/** A worker that answers nothing by itself; it reports what a test lets it report. */
class SilentWorker extends EventTarget {
  static last: SilentWorker;
  readonly asked: DecodeRequest[] = [];

  constructor() {
    super();
    SilentWorker.last = this;
  }

  postMessage(request: DecodeRequest): void {
    this.asked.push(request);
  }

  terminate(): void {
    this.asked.length = 0;
  }

  /** As a browser does whose worker's script did not load: an event without words. */
  breakDown(): void {
    this.dispatchEvent(new Event('error'));
  }
}

const frame = () => ({ close: vi.fn() }) as Partial<ImageBitmap> as ImageBitmap;

describe('D4 the decoder', () => {
  beforeEach(() => vi.stubGlobal('Worker', SilentWorker));
  afterEach(() => vi.unstubAllGlobals());

  it('gives each frame its own answer', async () => {
    const decoder = createDecoder();
    const answers = [decoder.decode(frame()), decoder.decode(frame())];
    for (const { id } of SilentWorker.last.asked.toReversed()) {
      const data = { id, text: `code ${id}`, torn: false, milliseconds: 3 };
      SilentWorker.last.dispatchEvent(new MessageEvent('message', { data }));
    }
    expect((await Promise.all(answers)).map(({ text }) => text)).toEqual(['code 1', 'code 2']);
  });

  it('rejects what waits when the worker breaks down', async () => {
    const decoder = createDecoder();
    const answer = decoder.decode(frame());
    SilentWorker.last.breakDown();
    await expect(answer).rejects.toThrow('could not be started');
  });

  it('rejects what comes after the worker broke down with nothing waiting, and lets go of the frame', async () => {
    const decoder = createDecoder();
    SilentWorker.last.breakDown();
    const late = frame();
    await expect(decoder.decode(late)).rejects.toThrow('could not be started');
    expect(late.close).toHaveBeenCalledOnce();
    expect(SilentWorker.last.asked).toEqual([]);
  });
});
