import { seededRandom, type SeededRandom } from './scan-random';

/** How a code is held, lit and filmed. Lengths in camera pixels, angles in radians, light as a share of white. */
export interface FrameRecipe {
  readonly kind: FrameKind;
  /** Which of the passes, by its number. */
  readonly pass: number;
  readonly seed: number;
  /** Camera pixels a module where the code is nearest to the picture's plane. */
  readonly moduleSize: number;
  readonly rotation: number;
  readonly tilt: number;
  /** Around which axis in the code's plane it is tilted. */
  readonly tiltAxis: number;
  readonly shift: readonly [number, number];
  /** Standard deviation of a Gaussian blur. */
  readonly blur: number;
  /** Length of the way the code moves while the shutter is open, and its direction. */
  readonly motion: number;
  readonly motionAngle: number;
  /** Light of dark and of white modules, 0 to 1. */
  readonly dark: number;
  readonly light: number;
  /** Standard deviation of the sensor's noise, in steps of 255. */
  readonly noise: number;
  /** Pixels of the screen a module, 0 without a visible grid; and how deep the lines between them are, 0 to 1. */
  readonly gridPitch: number;
  readonly gridDepth: number;
  /** Radius of a reflection, in modules, 0 without; it lies at a place within the code. */
  readonly glare: number;
  readonly inverted: boolean;
}

export const FRAME_KINDS = [
  'scale',
  'rotation',
  'tilt',
  'blur',
  'motion',
  'dark',
  'low contrast',
  'noise',
  'moiré',
  'glare',
  'inverted',
  'combined',
] as const;
export type FrameKind = (typeof FRAME_KINDS)[number];

type Change = Partial<FrameRecipe>;

/** Each kind from harmless to hopeless: `hardness` runs from 0 to 1. */
const kinds: Record<FrameKind, (hardness: number, random: SeededRandom) => Change> = {
  // From filling the height to arm's length and beyond: 65 modules with their quiet zone at 10 and at 1.6 px.
  scale: (hardness) => ({ moduleSize: 10 - 8.4 * hardness ** 0.6 }),
  rotation: (hardness, random) => ({
    rotation: hardness * 2 * Math.PI,
    moduleSize: random.between(2.5, 6.5),
  }),
  tilt: (hardness, random) => ({
    tilt: (15 + 50 * hardness) * (Math.PI / 180),
    rotation: random.between(-0.3, 0.3),
    moduleSize: random.between(4, 8),
  }),
  blur: (hardness, random) => withModules(random, (size) => ({ blur: size * (0.15 + 0.6 * hardness) })),
  motion: (hardness, random) => withModules(random, (size) => ({ motion: size * (0.3 + 1.7 * hardness) })),
  dark: (hardness) => ({ dark: 0.01, light: 0.3 - 0.26 * hardness, noise: 3 + 4 * hardness }),
  'low contrast': (hardness, random) => {
    const dark = random.between(0.15, 0.6);
    return { dark, light: dark + 0.3 - 0.27 * hardness, noise: 2 };
  },
  noise: (hardness) => ({ noise: 15 + 85 * hardness }),
  moiré: (hardness, random) => ({
    gridPitch: random.between(3, 12),
    gridDepth: 0.25 + 0.7 * hardness,
    moduleSize: random.between(3, 7),
  }),
  glare: (hardness) => ({ glare: 4 + 26 * hardness }),
  inverted: (_hardness, random) => ({ inverted: true, moduleSize: random.between(2.2, 6.5) }),
  combined: (hardness, random) => combined(hardness, random),
};

function withModules(random: SeededRandom, change: (size: number) => Change): Change {
  const moduleSize = random.between(3, 6.5);
  return { moduleSize, ...change(moduleSize) };
}

/** A hand in a garage: turned, tilted and noisy always, and three more troubles of a middling kind. */
function combined(hardness: number, random: SeededRandom): Change {
  const moduleSize = random.between(2.6, 6.5);
  const troubles: Change[] = [
    { blur: moduleSize * random.between(0.1, 0.5) },
    { motion: moduleSize * random.between(0.3, 1.4) },
    { dark: 0.02, light: random.between(0.12, 0.4) },
    { dark: 0.3, light: random.between(0.42, 0.6) },
    { gridPitch: random.between(3, 12), gridDepth: random.between(0.2, 0.6) },
    { glare: random.between(3, 14) },
    { inverted: true },
  ];
  const chosen = Array.from({ length: 1 + Math.round(2 * hardness) }, () =>
    troubles.splice(Math.floor(random.next() * troubles.length), 1),
  ).flat();
  const held = { moduleSize, tilt: random.between(0, 0.7), noise: random.between(2, 12) };
  return Object.assign({ ...held, rotation: random.between(0, 2 * Math.PI) }, ...chosen) as Change;
}

/** `perKind` frames of every kind, three times as many combined ones; the same for the same seed. */
export function frameRecipes(perKind: number, passes: number, seed: number): FrameRecipe[] {
  const random = seededRandom(seed);
  return FRAME_KINDS.flatMap((kind) => {
    const count = kind === 'combined' ? 3 * perKind : perKind;
    return Array.from({ length: count }, (_, index): FrameRecipe => {
      const held: FrameRecipe = {
        kind,
        pass: Math.floor(random.next() * passes),
        seed: Math.floor(random.next() * 2 ** 32),
        moduleSize: random.between(3.5, 6.5),
        rotation: random.between(-0.15, 0.15),
        tilt: random.between(0, 0.15),
        tiltAxis: random.between(0, 2 * Math.PI),
        shift: [random.between(-60, 60), random.between(-25, 25)],
        blur: 0.4,
        motion: 0,
        motionAngle: random.between(0, Math.PI),
        dark: 0.06,
        light: 0.88,
        noise: 2,
        gridPitch: 0,
        gridDepth: 0,
        glare: 0,
        inverted: false,
      };
      return { ...held, ...kinds[kind](index / Math.max(1, count - 1), random) };
    });
  });
}
