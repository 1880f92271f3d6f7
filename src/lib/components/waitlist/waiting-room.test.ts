import { expect, test } from 'vitest';
import { waitingRoom } from './waiting-room';

test('E8 the room kept for places in line grows with offers and rows', () => {
  const [offered, waiting] = [{ offer: {} }, { offer: null }];
  const one = waitingRoom({ entries: [waiting], served: 0 });
  const two = waitingRoom({ entries: [waiting], served: 1 });
  expect(two).toBeGreaterThan(one);
  expect(waitingRoom({ entries: [offered], served: 0 })).toBeGreaterThan(two);
  expect(waitingRoom({ entries: [offered, waiting, waiting], served: 0 })).toBeGreaterThan(
    waitingRoom({ entries: [offered], served: 0 }) + two,
  );
  expect(waitingRoom({ entries: [], served: 0 })).toBe(0);
});
