import jsQR from 'jsqr';
import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';
import { FRAME_HEIGHT, FRAME_WIDTH } from './scan-frame';

const configurations = (['LocalAverage', 'GlobalHistogram'] as const).map((binarizer): ReaderOptions => ({
  formats: ['QRCode'],
  textMode: 'Plain',
  binarizer,
  tryHarder: true,
  tryRotate: true,
  tryInvert: true,
  tryDownscale: true,
  maxNumberOfSymbols: 1,
}));
const SCALES = [1, 2];
const FILTERS = ['none', 'blur(1px)', 'blur(2px)'];

/** Loads zxing for {@link readableAtAll}. */
export function prepareEffort(wasmUrl: string): Promise<unknown> {
  return prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });
}

/**
 * "Readable at all": whether some reader gets `text` out of the frame when time does not matter. Three sizes, each in six
 * treatments (as it is, smoothed less and more, smoothed with contrast, local contrast, a binary picture by the local mean), each
 * by zxing-cpp with two binarisers and all its tries on; those of the camera's size by jsQR, too. Seconds a frame.
 */
export async function readableAtAll(frame: ImageBitmap, text: string): Promise<boolean> {
  for (const scale of SCALES) {
    for (const picture of treated(frame, scale)) {
      for (const options of configurations) {
        const found = await readBarcodes(picture, options);
        if (found.some((barcode) => barcode.isValid && barcode.text === text)) return true;
      }
      if (scale === 1 && jsQR(picture.data, picture.width, picture.height)?.data === text) return true;
    }
  }
  return false;
}

function* treated(frame: ImageBitmap, scale: number): Generator<ImageData> {
  const canvas = new OffscreenCanvas(Math.round(FRAME_WIDTH * scale), Math.round(FRAME_HEIGHT * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  for (const filter of FILTERS) {
    context.filter = filter;
    context.drawImage(frame, 0, 0, canvas.width, canvas.height);
    yield context.getImageData(0, 0, canvas.width, canvas.height);
  }
  context.filter = 'none';
  context.drawImage(frame, 0, 0, canvas.width, canvas.height);
  const plain = context.getImageData(0, 0, canvas.width, canvas.height);
  const reach = Math.round(12 * scale);
  yield mapGrey(plain, reach, (grey, mean) => mean + 3 * (grey - mean));
  yield mapGrey(plain, reach, (grey, mean) => (grey > mean ? 255 : 0));
}

/** Each pixel from its grey and the mean of the square of ±reach pixels around it. */
function mapGrey(
  source: ImageData,
  reach: number,
  change: (grey: number, mean: number) => number,
): ImageData {
  const { width, height, data } = source;
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += data[4 * (y * width + x)]!;
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1]! + row;
    }
  }
  const result = new ImageData(width, height);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - reach), Math.min(height, y + reach + 1)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(0, x - reach), Math.min(width, x + reach + 1)];
      const at = (row: number, column: number): number => sums[row * (width + 1) + column]!;
      const sum = at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left);
      const index = 4 * (y * width + x);
      const value = change(data[index]!, sum / ((bottom - top) * (right - left)));
      result.data[index] = result.data[index + 1] = result.data[index + 2] = value;
      result.data[index + 3] = 255;
    }
  }
  return result;
}
