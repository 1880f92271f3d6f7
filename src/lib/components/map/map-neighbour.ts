/** Where an arrow key points. */
export type Direction = 'left' | 'right' | 'up' | 'down';

const directions: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/** The direction of an arrow key; null of any other key. */
export function directionOf(key: string): Direction | null {
  return directions[key] ?? null;
}

/** One step in a direction; y grows downwards. */
export function stepOf(direction: Direction): { readonly x: number; readonly y: number } {
  return {
    left: { x: -1, y: 0 },
    right: { x: 1, y: 0 },
    up: { x: 0, y: -1 },
    down: { x: 0, y: 1 },
  }[direction];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** What lies beside a distance counts so much more than what lies ahead. */
const ASIDE = 2;

/** C4: the nearest point in that direction, so that arrow keys walk over a map; null where there is none. */
export function neighbourOf<P extends Point>(
  points: readonly P[],
  from: Point,
  direction: Direction,
): P | null {
  const step = stepOf(direction);
  let best: P | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const point of points) {
    const [dx, dy] = [point.x - from.x, point.y - from.y];
    const ahead = dx * step.x + dy * step.y;
    const aside = Math.abs(dx * step.y) + Math.abs(dy * step.x);
    // More aside than ahead is another direction.
    if (ahead <= 0 || aside > ahead * ASIDE) continue;
    const distance = ahead + aside * ASIDE;
    if (distance < least) [best, least] = [point, distance];
  }
  return best;
}
