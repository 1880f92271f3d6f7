/*
 * What is done to a picture before it is read again. By hand on grey pixels, because Safari's canvas has no `filter`.
 */

/** Binomial weights, standard deviation one pixel: less leaves noise, more closes the gaps of a code of 3 pixels a module. */
const WEIGHTS = [1, 4, 6, 4, 1] as const;
const TOTAL = 16;
const REACH = 2;
/**
 * Differences of 4 of 255 become 24, which is the least that zxing's binariser takes for more than the noise of an even
 * surface.
 */
const GAIN = 6;

/** The picture in grey, blurred by one pixel; its edge is continued outwards. 2 ms for a code of 400 × 400 pixels. */
export function smoothed(picture: ImageData): ImageData {
  const { width, height } = picture;
  const across = weighted(greyOf(picture), { width, height, step: 1 });
  return pictureOf(weighted(across, { width, height, step: width }), width, height);
}

/**
 * The picture in grey, each pixel's difference to the mean of `reach` pixels around made {@link GAIN} times as large: a code
 * in little light or of little contrast stands out, however bright what is beside it.
 */
export function lifted(picture: ImageData, reach: number): ImageData {
  const { width, height } = picture;
  const grey = greyOf(picture);
  const across = boxMean(grey, { count: height, length: width, from: width, step: 1 }, reach);
  const around = boxMean(across, { count: width, length: height, from: 1, step: width }, reach);
  for (let index = 0; index < grey.length; index++) {
    grey[index] = 128 + GAIN * (grey[index]! - around[index]!);
  }
  return pictureOf(grey, width, height);
}

function greyOf({ data, width, height }: ImageData): Float32Array {
  const grey = new Float32Array(width * height);
  for (let index = 0; index < grey.length; index++) {
    grey[index] = 0.299 * data[4 * index]! + 0.587 * data[4 * index + 1]! + 0.114 * data[4 * index + 2]!;
  }
  return grey;
}

function pictureOf(grey: Float32Array, width: number, height: number): ImageData {
  const picture = new ImageData(width, height);
  const { data } = picture;
  for (let index = 0; index < grey.length; index++) {
    data[4 * index] = data[4 * index + 1] = data[4 * index + 2] = grey[index]!;
    data[4 * index + 3] = 255;
  }
  return picture;
}

function weighted(
  grey: Float32Array,
  { width, height, step }: { width: number; height: number; step: number },
): Float32Array {
  const result = new Float32Array(grey.length);
  const last = step === 1 ? width - 1 : height - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = step === 1 ? x : y;
      const index = y * width + x;
      let sum = 0;
      for (let offset = -REACH; offset <= REACH; offset++) {
        const inside = Math.min(last, Math.max(0, at + offset)) - at;
        sum += WEIGHTS[offset + REACH]! * grey[index + inside * step]!;
      }
      result[index] = sum / TOTAL;
    }
  }
  return result;
}

/** `count` lines of `length` pixels: one begins `from` pixels after the other, its pixels lie `step` apart. */
interface Lines {
  readonly count: number;
  readonly length: number;
  readonly from: number;
  readonly step: number;
}

/** Along each line the mean of ±reach pixels, of fewer at its ends. A running sum: the reach costs nothing. */
function boxMean(grey: Float32Array, { count, length, from, step }: Lines, reach: number): Float32Array {
  const result = new Float32Array(grey.length);
  for (let line = 0; line < count; line++) {
    const start = line * from;
    let sum = 0;
    let pixels = 0;
    for (let at = -reach; at < length; at++) {
      if (at + reach < length) {
        sum += grey[start + (at + reach) * step]!;
        pixels++;
      }
      if (at - reach > 0) {
        sum -= grey[start + (at - reach - 1) * step]!;
        pixels--;
      }
      if (at >= 0) result[start + at * step] = sum / pixels;
    }
  }
  return result;
}
