import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DecodeReply } from './decoder';
import { startFrameLoop } from './frame-loop';

/** A frame of the fake video, by number. */
interface FakeFrame {
  readonly number: number;
  close(): void;
}

/** A video that shows a new frame whenever a test says so. */
class FakeVideo {
  readyState = 4;
  shown = 0;
  #asked: (() => void)[] = [];

  requestVideoFrameCallback(callback: () => void): void {
    this.#asked.push(callback);
  }

  get isAsked(): boolean {
    return this.#asked.length > 0;
  }

  show(): void {
    this.shown += 1;
    for (const callback of this.#asked.splice(0)) callback();
  }
}

/** A decoder that answers when a test says so. */
class FakeDecoder {
  readonly taken: FakeFrame[] = [];
  answer: (reply?: Partial<DecodeReply>) => void = () => undefined;
  breakDown: () => void = () => undefined;

  decode = (frame: ImageBitmap): Promise<DecodeReply> => {
    this.taken.push(frame as unknown as FakeFrame);
    return new Promise((resolve, reject) => {
      const nothing = { id: 0, text: null, torn: false, milliseconds: 5, brightness: 100 };
      this.answer = (reply) => resolve({ ...nothing, ...reply });
      this.breakDown = () => reject(new Error('no wasm'));
    });
  };
  close = (): void => undefined;
}

const onReply = vi.fn();
const onFailure = vi.fn();
const closed: number[] = [];
let video: FakeVideo;
let decoder: FakeDecoder;
let grabbing: Promise<void>;

const start = () => startFrameLoop(video as unknown as HTMLVideoElement, decoder, { onReply, onFailure });
/** Everything that was promised has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  vi.clearAllMocks();
  closed.length = 0;
  video = new FakeVideo();
  decoder = new FakeDecoder();
  grabbing = Promise.resolve();
  vi.stubGlobal('HTMLMediaElement', { HAVE_CURRENT_DATA: 2 });
  vi.stubGlobal('createImageBitmap', async (): Promise<FakeFrame> => {
    const number = video.shown;
    await grabbing;
    return { number, close: () => void closed.push(number) };
  });
});
afterEach(() => vi.unstubAllGlobals());

describe('D4 the loop over frames', () => {
  it('a slow decoder gets the newest frame when it is free, one at a time', async () => {
    start();
    video.show();
    await settled();
    for (let frame = 0; frame < 10; frame += 1) video.show();
    await settled();
    expect(decoder.taken.map(({ number }) => number)).toEqual([1]);
    decoder.answer({ text: 'first' });
    await settled();
    video.show();
    await settled();
    expect(decoder.taken.map(({ number }) => number)).toEqual([1, 12]);
    expect(onReply.mock.calls.map(([reply]) => (reply as DecodeReply).text)).toEqual(['first']);
  });

  it('tells of frames with nothing, too', async () => {
    start();
    video.show();
    await settled();
    decoder.answer();
    await settled();
    expect(onReply).toHaveBeenCalledWith(expect.objectContaining({ text: null }));
  });

  it('waits while the video has no picture, or it is taken away in that moment', async () => {
    start();
    video.readyState = 0;
    video.show();
    await settled();
    video.readyState = 4;
    grabbing = Promise.reject(new DOMException('', 'InvalidStateError'));
    video.show();
    await settled();
    expect(decoder.taken).toEqual([]);
    grabbing = Promise.resolve();
    video.show();
    await settled();
    expect(decoder.taken).toHaveLength(1);
  });

  it('stopped, it asks for no frame and tells nothing of the one under way', async () => {
    const loop = start();
    video.show();
    await settled();
    loop.stop();
    decoder.answer({ text: 'late' });
    await settled();
    expect(onReply).not.toHaveBeenCalled();
    expect(video.isAsked).toBe(false);
  });

  it('stopped while a frame is being taken, it lets go of it', async () => {
    let taken = (): void => undefined;
    grabbing = new Promise((resolve) => (taken = resolve));
    const loop = start();
    video.show();
    await settled();
    loop.stop();
    taken();
    await settled();
    expect(decoder.taken).toEqual([]);
    expect(closed).toEqual([1]);
  });

  it('a decoder that does not work ends it, said once', async () => {
    start();
    video.show();
    await settled();
    decoder.breakDown();
    await settled();
    expect(onFailure).toHaveBeenCalledOnce();
    expect(video.isAsked).toBe(false);
  });

  it('a decoder closed after the stop is no failure', async () => {
    const loop = start();
    video.show();
    await settled();
    loop.stop();
    decoder.breakDown();
    await settled();
    expect(onFailure).not.toHaveBeenCalled();
  });
});
