import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FakeImageData } from './testing-canvas';
import { lifted, smoothed } from './picture';

beforeAll(() => vi.stubGlobal('ImageData', FakeImageData));
afterAll(() => vi.unstubAllGlobals());

function grey(width: number, height: number, at: (x: number, y: number) => number): ImageData {
  const picture = new ImageData(width, height);
  for (let index = 0; index < width * height; index++) {
    const value = at(index % width, Math.floor(index / width));
    picture.data.set([value, value, value, 255], 4 * index);
  }
  return picture;
}

describe('D3 a smoothed picture', () => {
  it('spreads a point over five pixels each way and keeps its light', () => {
    const { data } = smoothed(grey(9, 9, (x, y) => (x === 4 && y === 4 ? 255 : 0)));
    const row = Array.from({ length: 9 }, (_, x) => data[4 * (4 * 9 + x)]);
    // 255 × (1, 4, 6, 4, 1)/16 × 6/16, rounded.
    expect(row).toEqual([0, 0, 6, 24, 36, 24, 6, 0, 0]);
    expect(data[4 * (2 * 9 + 2)]).toBe(1);
  });

  it('leaves an even picture as it is, edges too', () => {
    const { data } = smoothed(grey(5, 4, () => 200));
    expect(new Set(data)).toEqual(new Set([200, 255]));
  });
});

describe('D3 a lifted picture', () => {
  it('makes what differs by 4 differ by 24, beside something bright, too', () => {
    const { data } = lifted(
      grey(60, 20, (x, y) => (x >= 40 ? 250 : 10 + 4 * ((x + y) % 2))),
      6,
    );
    const at = (x: number, y: number) => data[4 * (y * 60 + x)]!;
    for (const x of [1, 15, 30]) expect(Math.abs(at(x, 10) - at(x + 1, 10))).toBeCloseTo(24, -1);
    expect(at(50, 10)).toBe(128);
  });

  it('of an even picture is even', () => {
    const { data } = lifted(
      grey(9, 7, () => 33),
      3,
    );
    expect(new Set(data)).toEqual(new Set([128, 255]));
  });
});
