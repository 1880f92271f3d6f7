import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { qrOf } from '$lib/components/pass/qr';
import type { FrameReader } from './read-frame';
import { FakeCanvas, FakeImageData, type FakeFrame } from './testing-canvas';

const vectors = new URL('../../shared/pass/pass-vectors.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as { cases: { name: string; qr: string }[] };
const live = cases.find(({ name }) => name === 'live pass')!.qr;

let read: (frame: FakeFrame) => ReturnType<FrameReader>;

beforeAll(async () => {
  vi.stubGlobal('OffscreenCanvas', FakeCanvas);
  vi.stubGlobal('ImageData', FakeImageData);
  const { createFrameReader } = await import('./read-frame');
  const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
  const reader = createFrameReader(`data:application/wasm;base64,${wasm.toString('base64')}`);
  read = (frame) => reader(frame as Partial<ImageBitmap> as ImageBitmap);
});
afterAll(() => vi.unstubAllGlobals());

interface Scene {
  readonly width?: number;
  readonly height?: number;
  /** Pixels a module; 0 for a wall without a code. */
  readonly moduleSize: number;
  readonly dark?: number;
  readonly light?: number;
  readonly wall?: number;
  /** Share of the code, from below, that something hides. */
  readonly covered?: number;
}

function film(scene: Scene): FakeFrame {
  const { width = 1280, height = 720, moduleSize, dark = 20, light = 220, wall = 120, covered = 0 } = scene;
  const { size, isDark } = qrOf(live);
  const picture = { width, height, light: new Uint8ClampedArray(width * height).fill(wall) };
  const quiet = 4;
  const side = (size + 2 * quiet) * moduleSize;
  const [left, top] = [Math.floor((width - side) / 2), Math.floor((height - side) / 2)];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [column, row] = [Math.floor(x / moduleSize) - quiet, Math.floor(y / moduleSize) - quiet];
      const inside = column >= 0 && row >= 0 && column < size && row < size;
      const hidden = row >= size * (1 - covered) && column > size / 4;
      const isInk = inside && !hidden && isDark[row * size + column] === true;
      picture.light[(top + y) * width + left + x] = isInk ? dark : light;
    }
  }
  return picture;
}

describe('D3 reading a frame', () => {
  it.each<[string, Scene]>([
    ['held up properly', { moduleSize: 7 }],
    ['far away: two pixels a module, too few once halved', { moduleSize: 2 }],
    ['in a portrait frame', { moduleSize: 6, width: 720, height: 1280 }],
    ['on a dark screen: inverted', { moduleSize: 5, dark: 220, light: 20 }],
    ['in little light', { moduleSize: 5, dark: 6, light: 22, wall: 10 }],
    ['by a small camera', { moduleSize: 4, width: 480, height: 320 }],
  ])('a live pass %s', async (_what, scene) => {
    expect(await read(film(scene))).toMatchObject({ text: live, torn: false });
  });

  it('a code that is half hidden is torn, a wall is not', async () => {
    expect(await read(film({ moduleSize: 6, covered: 0.4 }))).toMatchObject({ text: null, torn: true });
    expect(await read(film({ moduleSize: 0 }))).toMatchObject({ text: null, torn: false });
  });

  it('tells the mean light of the frame, whatever is read', async () => {
    expect((await read(film({ moduleSize: 0 }))).brightness).toBeCloseTo(120, 0);
    const bright = film({ moduleSize: 5 });
    const mean = bright.light.reduce((sum, value) => sum + value, 0) / bright.light.length;
    expect(Math.abs((await read(bright)).brightness - mean)).toBeLessThan(3);
  });
});
