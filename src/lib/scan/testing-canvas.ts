/*
 * The little of the browser's pictures that reading a frame needs, for tests in Node: grey light a pixel in, RGBA out. Smaller
 * copies are means, as a browser's are.
 */

/** `ImageData` of its size, black and clear. */
export class FakeImageData {
  readonly colorSpace = 'srgb';
  readonly data: Uint8ClampedArray;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.data = new Uint8ClampedArray(4 * width * height);
  }
}

/** A frame of light, 0 to 255, row by row. */
export interface FakeFrame {
  readonly width: number;
  readonly height: number;
  readonly light: Uint8ClampedArray;
}

/** `OffscreenCanvas` that draws {@link FakeFrame}s. */
export class FakeCanvas {
  #picture = new FakeImageData(1, 1);

  constructor(
    public width: number,
    public height: number,
  ) {}

  getContext() {
    return {
      drawImage: (frame: FakeFrame, ...[x, y, width, height]: [number, number, number, number]): void => {
        this.#picture = new FakeImageData(this.width, this.height);
        const across = width / this.width;
        const down = height / this.height;
        for (let row = 0; row < this.height; row++) {
          for (let column = 0; column < this.width; column++) {
            const value = mean(frame, { x: x + column * across, y: y + row * down, across, down });
            this.#picture.data.set([value, value, value, 255], 4 * (row * this.width + column));
          }
        }
      },
      getImageData: (): FakeImageData => this.#picture,
    };
  }
}

function mean(
  { width, height, light }: FakeFrame,
  area: { x: number; y: number; across: number; down: number },
): number {
  let sum = 0;
  let count = 0;
  for (let y = Math.floor(area.y); y < Math.min(height, Math.max(area.y + area.down, area.y + 1)); y++) {
    for (let x = Math.floor(area.x); x < Math.min(width, Math.max(area.x + area.across, area.x + 1)); x++) {
      sum += light[y * width + x]!;
      count++;
    }
  }
  return sum / count;
}
