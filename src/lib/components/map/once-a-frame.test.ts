import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OnceAFrame } from './once-a-frame';

let frames: Map<number, () => void>;
let done: number[];
let drag: OnceAFrame<number>;

beforeEach(() => {
  frames = new Map();
  done = [];
  let last = 0;
  vi.stubGlobal('requestAnimationFrame', (work: () => void) => {
    frames.set(++last, work);
    return last;
  });
  vi.stubGlobal('cancelAnimationFrame', (frame: number) => void frames.delete(frame));
  drag = new OnceAFrame((value) => void done.push(value));
});
afterEach(() => vi.unstubAllGlobals());

function frame(): void {
  const due = [...frames.values()];
  frames.clear();
  for (const work of due) work();
}

describe('a slot that is drawn over the map', () => {
  it('C4 is moved once a frame, to where the finger is by then', () => {
    for (const value of [1, 2, 3]) drag.give(value);
    expect([done, frames.size]).toEqual([[], 1]);
    frame();
    expect(done).toEqual([3]);
    drag.give(4);
    frame();
    frame();
    expect(done).toEqual([3, 4]);
  });

  it('C4 lies where it was let go of, without waiting for a frame', () => {
    drag.give(1);
    drag.flush();
    frame();
    drag.flush();
    expect(done).toEqual([1]);
  });

  it('C4 stays where it was when the drag is broken off', () => {
    drag.give(1);
    drag.forget();
    frame();
    expect(done).toEqual([]);
  });
});
