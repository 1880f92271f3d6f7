import { describe, expect, it } from 'vitest';
import { cameraPlatform, cameraProblemOf } from './camera-problem';

describe('D4 camera problems', () => {
  it.each([
    ['NotAllowedError', 'refused'],
    ['NotFoundError', 'missing'],
    ['NotReadableError', 'in_use'],
    ['OverconstrainedError', 'chosen_missing'],
    ['TypeError', 'unknown'],
  ])('%s is %s', (name, problem) => {
    expect(cameraProblemOf(new DOMException('', name))).toBe(problem);
  });

  it('something that is no error is unknown', () => expect(cameraProblemOf('no')).toBe('unknown'));

  it.each([
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1', 5, 'ios'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15', 5, 'ios'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15', 0, 'safari'],
    ['Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36', 5, 'android'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 0, 'firefox'],
    ['Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36', 0, 'desktop'],
  ])('%s with %i touch points is %s', (userAgent, maxTouchPoints, platform) => {
    expect(cameraPlatform({ userAgent, maxTouchPoints })).toBe(platform);
  });
});
