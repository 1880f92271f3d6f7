import { QUIET_ZONE, type QrSquares } from '../src/lib/components/pass/qr';
import type { FrameRecipe } from './scan-recipes';
import { seededRandom } from './scan-random';

export const FRAME_WIDTH = 1280;
export const FRAME_HEIGHT = 720;
/** How far the camera is from the code, in modules: what is tilted gets smaller with distance. */
const DISTANCE = 150;
/** Samples a pixel and direction where the code is; the light of a pixel is their mean, as on a sensor. */
const OVERSAMPLING = 3;
/** The phone around the screen, in modules beyond the quiet zone. */
const BEZEL = 3;

/** Nine numbers, row by row. */
type Matrix = readonly number[];

/** What the camera sees: light 0 to 1 a pixel, then the lens, the shutter and the sensor, as 8-bit grey in RGBA. */
export function renderFrame(squares: QrSquares, recipe: FrameRecipe): ImageData {
  const light = scene(squares, recipe);
  if (recipe.motion > 0) smear(light, recipe.motion, recipe.motionAngle);
  if (recipe.blur > 0) blur(light, recipe.blur);
  return sensor(light, recipe);
}

function scene(squares: QrSquares, recipe: FrameRecipe): Float32Array {
  const toPlane = invert(projection(recipe));
  const random = seededRandom(recipe.seed);
  const glare = [random.between(-0.4, 0.4) * squares.size, random.between(-0.4, 0.4) * squares.size] as const;
  const light = new Float32Array(FRAME_WIDTH * FRAME_HEIGHT);
  for (let y = 0; y < FRAME_HEIGHT; y++) {
    for (let x = 0; x < FRAME_WIDTH; x++) {
      light[y * FRAME_WIDTH + x] = pixel(x, y);
    }
  }
  return light;

  function pixel(x: number, y: number): number {
    const [u, v] = apply(toPlane, x + 0.5, y + 0.5);
    const reach = squares.size / 2 + QUIET_ZONE + BEZEL + 2;
    if (Math.abs(u) > reach || Math.abs(v) > reach) return wall(x, y) * recipe.light;
    let sum = 0;
    for (let step = 0; step < OVERSAMPLING ** 2; step++) {
      const dx = ((step % OVERSAMPLING) + 0.5) / OVERSAMPLING;
      const dy = (Math.floor(step / OVERSAMPLING) + 0.5) / OVERSAMPLING;
      const [inX, inY] = apply(toPlane, x + dx, y + dy);
      sum += surface(squares, recipe, inX, inY) ?? wall(x, y) * recipe.light;
    }
    // The grid is sampled once a pixel: that is what makes moiré of it.
    const shown = (sum / OVERSAMPLING ** 2) * grid(recipe, u, v);
    return Math.min(1, shown + reflection(recipe.glare, Math.hypot(u - glare[0], v - glare[1])));
  }
}

/** Light of the code's plane at a place in modules from its centre; null beyond the phone. */
function surface({ size, isDark }: QrSquares, recipe: FrameRecipe, u: number, v: number): number | null {
  const column = Math.floor(u + size / 2);
  const row = Math.floor(v + size / 2);
  const outside = Math.max(-column, -row, column - size + 1, row - size + 1);
  if (outside > QUIET_ZONE + BEZEL) return null;
  if (outside > QUIET_ZONE) return recipe.dark;
  const isInk = outside <= 0 && isDark[row * size + column] === true;
  return isInk !== recipe.inverted ? recipe.dark : recipe.light;
}

/** A wall that is neither even nor empty: pipes, shade, a grille. */
function wall(x: number, y: number): number {
  const shade = 0.45 + 0.15 * Math.sin(x / 310 + 1) + 0.1 * Math.cos(y / 170);
  const pipe = Math.abs(((x + y * 0.05) % 390) - 40) < 14 ? 0.2 : 0;
  const grille = y > 600 && Math.floor(x / 9) % 2 === 0 ? 0.12 : 0;
  return shade - pipe - grille;
}

function grid({ gridPitch, gridDepth }: FrameRecipe, u: number, v: number): number {
  if (gridPitch === 0) return 1;
  const line = (at: number): number => 0.5 + 0.5 * Math.cos(2 * Math.PI * at * gridPitch);
  return 1 - gridDepth * 0.5 * (line(u) + line(v));
}

function reflection(radius: number, distance: number): number {
  return radius === 0 ? 0 : 0.8 * Math.exp(-((distance / radius) ** 4));
}

/** From the code's plane (modules) to the picture (pixels). */
function projection({ rotation, tilt, tiltAxis, moduleSize, shift }: FrameRecipe): Matrix {
  // Turn in the plane, then tilt around an axis in it: R = Rz(axis)·Rx(tilt)·Rz(rotation − axis).
  const [c1, s1] = [Math.cos(rotation - tiltAxis), Math.sin(rotation - tiltAxis)];
  const [c2, s2] = [Math.cos(tiltAxis), Math.sin(tiltAxis)];
  const [ct, st] = [Math.cos(tilt), Math.sin(tilt)];
  const right = [c2 * c1 - s2 * ct * s1, -c2 * s1 - s2 * ct * c1] as const;
  const down = [s2 * c1 + c2 * ct * s1, -s2 * s1 + c2 * ct * c1] as const;
  const away = [(st * s1) / DISTANCE, (st * c1) / DISTANCE] as const;
  const x = FRAME_WIDTH / 2 + shift[0];
  const y = FRAME_HEIGHT / 2 + shift[1];
  return [
    moduleSize * right[0] + x * away[0],
    moduleSize * right[1] + x * away[1],
    x,
    moduleSize * down[0] + y * away[0],
    moduleSize * down[1] + y * away[1],
    y,
    away[0],
    away[1],
    1,
  ];
}

function invert([a, b, c, d, e, f, g, h, i]: Matrix): Matrix {
  const [A, B, C] = [e! * i! - f! * h!, f! * g! - d! * i!, d! * h! - e! * g!];
  const scale = 1 / (a! * A + b! * B + c! * C);
  const cofactors = [
    ...[A, c! * h! - b! * i!, b! * f! - c! * e!],
    ...[B, a! * i! - c! * g!, c! * d! - a! * f!],
    ...[C, b! * g! - a! * h!, a! * e! - b! * d!],
  ];
  return cofactors.map((value) => value * scale);
}

function apply([a, b, c, d, e, f, g, h, i]: Matrix, x: number, y: number): readonly [number, number] {
  const w = g! * x + h! * y + i!;
  return [(a! * x + b! * y + c!) / w, (d! * x + e! * y + f!) / w];
}

/** Mean along the way: what is seen while the shutter is open. */
function smear(light: Float32Array, length: number, angle: number): void {
  const before = light.slice();
  const steps = Math.max(2, Math.ceil(length * 2));
  const offsets = Array.from({ length: steps }, (_, step) => {
    const along = (step / (steps - 1) - 0.5) * length;
    return Math.round(Math.sin(angle) * along) * FRAME_WIDTH + Math.round(Math.cos(angle) * along);
  });
  for (let index = 0; index < light.length; index++) {
    let sum = 0;
    for (const offset of offsets) sum += before[index + offset] ?? before[index]!;
    light[index] = sum / steps;
  }
}

function blur(light: Float32Array, sigma: number): void {
  const reach = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, at) =>
    Math.exp(-((at - reach) ** 2) / (2 * sigma ** 2)),
  );
  const total = kernel.reduce((sum, weight) => sum + weight);
  for (const stride of [1, FRAME_WIDTH]) {
    const before = light.slice();
    for (let index = 0; index < light.length; index++) {
      let sum = 0;
      for (let at = -reach; at <= reach; at++) {
        sum += kernel[at + reach]! * (before[index + at * stride] ?? before[index]!);
      }
      light[index] = sum / total;
    }
  }
}

function sensor(light: Float32Array, { noise, seed }: FrameRecipe): ImageData {
  const random = seededRandom(seed ^ 0x5eed);
  const picture = new ImageData(FRAME_WIDTH, FRAME_HEIGHT);
  const { data } = picture;
  for (let index = 0; index < light.length; index++) {
    const grey = light[index]! * 255 + noise * random.normal();
    data[4 * index] = data[4 * index + 1] = data[4 * index + 2] = grey;
    data[4 * index + 3] = 255;
  }
  return picture;
}
