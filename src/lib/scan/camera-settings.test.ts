import { describe, expect, it } from 'vitest';
import { REMEMBERED_ZOOMS, withZoom } from './camera-settings';

describe('D4 remembered zoom', () => {
  it('is kept by camera', () => {
    const zooms = withZoom(withZoom(withZoom({}, 'back', 2), 'front', 1), 'back', 3);
    expect(zooms).toEqual({ back: 3, front: 1 });
  });

  it('of cameras long unused is forgotten, never that of the one in use', () => {
    let zooms = withZoom({}, 'back', 2);
    for (let index = 0; index < 3 * REMEMBERED_ZOOMS; index += 1) {
      zooms = withZoom(withZoom(zooms, `gone-${index}`, 1), 'back', index);
    }
    expect(Object.keys(zooms)).toHaveLength(REMEMBERED_ZOOMS);
    expect(zooms['back']).toBe(3 * REMEMBERED_ZOOMS - 1);
    expect(zooms['gone-0']).toBeUndefined();
  });
});
