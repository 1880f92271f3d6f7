import { prepareZXingModule, readBarcodes, type ReaderOptions, type ReadResult } from 'zxing-wasm/reader';
import { lifted, smoothed } from './picture';

/*
 * How a camera frame is read: up to five tries, the cheapest first, each for what the ones before miss. Of 252 synthetic
 * frames of `npm run bench -- scan`, 230 of them read by any of 15 ways, and what a try costs by itself:
 *
 *   halved                      174   4 ms   held up properly; halving also takes noise away
 *   full size, every trick      +38  13 ms   small, far, tilted
 *   the code found, smoothed     +6   1 ms   noise and moiré: a code was found, but its content could not be restored
 *   halved, one threshold        +2   3 ms   even light on a noisy screen, where the local mean follows the noise
 *   halved, contrast lifted      +3   9 ms   little light or contrast, which the local mean takes for an even surface
 *
 * Twice the size reads 4 more and takes 60 ms: the next frame is a better try.
 */

/** What a frame held. */
export interface FrameReading {
  /** The content of the QR, null when none could be read. */
  readonly text: string | null;
  /** A QR is there, but too damaged, blurred or covered to read. */
  readonly torn: boolean;
  /** Mean light of the frame, 0 black to 255 white. */
  readonly brightness: number;
}

/** Reads one frame and leaves it open. Rejects when the decoder does not work at all. */
export type FrameReader = (frame: ImageBitmap) => Promise<FrameReading>;

/** The longer side of the small copy: half of the camera's 1280. */
const SMALL = 640;
/** Every 16th pixel tells the light of a frame as well as all do. */
const BRIGHTNESS_STEP = 16;
/** Pixels of the small copy, where a module has 1 to 4: the mean is of dark and light ones. 12 and 24 read less (measured). */
const LIFT_REACH = 6;
/** Around a code that was found, as a share of its size: the quiet zone, and corners that were taken for others. */
const MARGIN = 0.15;

const small: ReaderOptions = {
  formats: ['QRCode'],
  textMode: 'Plain',
  tryHarder: true,
  tryRotate: false,
  tryInvert: true,
  tryDownscale: false,
  maxNumberOfSymbols: 1,
};

const oneThreshold: ReaderOptions = { ...small, binarizer: 'GlobalHistogram' };

const everyTrick: ReaderOptions = {
  ...small,
  tryRotate: true,
  tryDownscale: true,
  // A QR whose content cannot be restored tells where to look again, and is worth a word: the guard sees it and wonders.
  returnErrors: true,
};

/** Starts to load zxing's wasm from `wasmUrl`; without it the module would fetch it from a CDN. */
export function createFrameReader(wasmUrl: string): FrameReader {
  const ready = prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });
  // Who reads the first frame is told when it does not load.
  ready.catch(() => undefined);
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });

  function pixels(frame: ImageBitmap, part: Part, scale: number): ImageData {
    if (!context) throw new Error('this device gives workers no canvas');
    const width = Math.max(1, Math.round(part.width * scale));
    const height = Math.max(1, Math.round(part.height * scale));
    canvas.width = width;
    canvas.height = height;
    context.drawImage(frame, part.x, part.y, part.width, part.height, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }

  return async (frame) => {
    await ready;
    const whole = { x: 0, y: 0, width: frame.width, height: frame.height };
    const copy = pixels(frame, whole, Math.min(1, SMALL / Math.max(frame.width, frame.height)));
    const brightness = meanLight(copy);
    const found = await firstOf(copy, small);
    if (found?.isValid) return { text: found.text, torn: false, brightness };

    const thorough = await firstOf(pixels(frame, whole, 1), everyTrick);
    if (thorough?.isValid) return { text: thorough.text, torn: false, brightness };
    const again = thorough
      ? await firstOf(smoothed(pixels(frame, around(thorough, frame), 1)), small)
      : undefined;
    const text = again?.isValid ? again.text : await lastResort(copy);
    return { text, torn: text === null && thorough !== undefined, brightness };
  };
}

async function firstOf(picture: ImageData, options: ReaderOptions): Promise<ReadResult | undefined> {
  return (await readBarcodes(picture, options))[0];
}

async function lastResort(copy: ImageData): Promise<string | null> {
  return (await textOf(copy, oneThreshold)) ?? (await textOf(lifted(copy, LIFT_REACH), small));
}

async function textOf(picture: ImageData, options: ReaderOptions): Promise<string | null> {
  const found = await firstOf(picture, options);
  return found?.isValid ? found.text : null;
}

/** A rectangle of the frame, in its pixels. */
interface Part {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The rectangle that holds the code with a margin, within the frame. */
function around({ position }: ReadResult, frame: ImageBitmap): Part {
  const corners = [position.topLeft, position.topRight, position.bottomLeft, position.bottomRight];
  const span = (values: number[], limit: number): { from: number; length: number } => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const margin = MARGIN * (most - least);
    const from = Math.max(0, least - margin);
    return { from, length: Math.max(1, Math.min(limit, most + margin) - from) };
  };
  const across = span(
    corners.map(({ x }) => x),
    frame.width,
  );
  const down = span(
    corners.map(({ y }) => y),
    frame.height,
  );
  return { x: across.from, y: down.from, width: across.length, height: down.length };
}

function meanLight({ data }: ImageData): number {
  let sum = 0;
  let count = 0;
  for (let index = 0; index < data.length; index += 4 * BRIGHTNESS_STEP, count++) {
    sum += 0.299 * data[index]! + 0.587 * data[index + 1]! + 0.114 * data[index + 2]!;
  }
  return sum / count;
}
