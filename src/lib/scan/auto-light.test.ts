import { describe, expect, it } from 'vitest';
import { isTooDark, lightAtStart, nextLight, type Light, type LightSetting } from './auto-light';

const DARK = 20;
const DUSK = 50;
const BRIGHT = 120;

/** What a camera at 30 frames a second makes of this brightness from `from` to `until` (ms). */
function filmed(
  light: Light,
  {
    from,
    until,
    brightness,
    found = false,
  }: { from: number; until: number; brightness: number; found?: boolean },
): Light {
  let next = light;
  for (let at = from; at <= until; at += 33) next = nextLight(next, { type: 'frame', at, brightness, found });
  return next;
}

const opened = (setting: LightSetting = 'auto', hasTorch = true) => lightAtStart(setting, hasTorch);

describe('D4 auto light', () => {
  it('switches the torch on after 1.5 s in the dark, not before', () => {
    const early = filmed(opened(), { from: 0, until: 1490, brightness: DARK });
    expect(early.torch).toBe(false);
    expect(filmed(early, { from: 1500, until: 1600, brightness: DARK }).torch).toBe(true);
  });

  it('is not fooled by a sleeve before the lens', () => {
    let light = opened();
    for (let start = 0; start < 20_000; start += 2000) {
      light = filmed(light, { from: start, until: start + 1300, brightness: DARK });
      light = filmed(light, { from: start + 1310, until: start + 1990, brightness: BRIGHT });
      expect(light.torch).toBe(false);
    }
  });

  it('a camera whose exposure wanders between dark and dusk stays in the dark', () => {
    let light = opened();
    for (let at = 0; at <= 1600; at += 100) {
      light = nextLight(light, { type: 'frame', at, brightness: at % 200 === 0 ? DARK : DUSK, found: false });
    }
    expect(light.torch).toBe(true);
  });

  it('dusk alone is not dark', () => {
    expect(filmed(opened(), { from: 0, until: 10_000, brightness: DUSK }).torch).toBe(false);
  });

  it('leaves the torch off while codes can be read', () => {
    let light = opened();
    for (let start = 0; start < 10_000; start += 1000) {
      light = filmed(light, { from: start, until: start + 900, brightness: DARK });
      light = nextLight(light, { type: 'frame', at: start + 950, brightness: DARK, found: true });
    }
    expect(light.torch).toBe(false);
  });

  it('never flaps: once on, neither light nor a code nor the dark changes it', () => {
    let light = filmed(opened(), { from: 0, until: 1600, brightness: DARK });
    for (const [index, brightness] of [BRIGHT, DARK, DUSK, BRIGHT, DARK].entries()) {
      const from = 2000 + index * 5000;
      light = filmed(light, { from, until: from + 4900, brightness, found: index === 3 });
      expect(light.torch).toBe(true);
    }
  });

  it('what is tapped holds: off stays off in the dark', () => {
    const lit = filmed(opened(), { from: 0, until: 1600, brightness: DARK });
    const off = nextLight(lit, { type: 'tapped' });
    expect(off.torch).toBe(false);
    const later = filmed(off, { from: 1700, until: 60_000, brightness: DARK });
    expect(later.torch).toBe(false);
    expect(nextLight(later, { type: 'tapped' }).torch).toBe(true);
  });

  it('time in which nothing was looked at is not darkness', () => {
    const before = filmed(opened(), { from: 0, until: 1000, brightness: DARK });
    const resumed = filmed(before, { from: 30_000, until: 31_400, brightness: DARK });
    expect(resumed.torch).toBe(false);
    expect(isTooDark(resumed)).toBe(false);
    expect(filmed(resumed, { from: 31_430, until: 31_600, brightness: DARK }).torch).toBe(true);
  });

  it.each([
    ['on', true],
    ['off', false],
  ] as const)('the setting %s holds in dark and light', (setting, torch) => {
    const light = opened(setting);
    expect(light.torch).toBe(torch);
    for (const brightness of [DARK, BRIGHT]) {
      expect(filmed(light, { from: 0, until: 5000, brightness }).torch).toBe(torch);
    }
  });

  it('a setting chosen while the camera runs counts at once, and auto works again after a tap', () => {
    const tapped = nextLight(nextLight(opened(), { type: 'tapped' }), { type: 'tapped' });
    expect(nextLight(tapped, { type: 'chosen', setting: 'on' }).torch).toBe(true);
    const auto = nextLight(tapped, { type: 'chosen', setting: 'auto' });
    expect(filmed(auto, { from: 0, until: 1600, brightness: DARK }).torch).toBe(true);
  });

  it('a torch that the system keeps off is not asked again and again', () => {
    const asked = filmed(opened(), { from: 0, until: 1600, brightness: DARK });
    const refused = nextLight(asked, { type: 'refused' });
    expect(filmed(refused, { from: 1700, until: 20_000, brightness: DARK }).torch).toBe(false);
  });

  it.each(['auto', 'on', 'off'] as const)(
    'without a torch (%s) there is none to light, and 3 s of dark are said',
    (setting) => {
      const early = filmed(opened(setting, false), { from: 0, until: 2990, brightness: DARK });
      expect(isTooDark(early)).toBe(false);
      const late = filmed(early, { from: 3000, until: 3100, brightness: DARK });
      expect(late.torch).toBe(false);
      expect(isTooDark(late)).toBe(true);
      expect(isTooDark(filmed(late, { from: 3130, until: 3200, brightness: BRIGHT }))).toBe(false);
      expect(nextLight(late, { type: 'tapped' }).torch).toBe(false);
    },
  );

  it('with the torch on the dark is counted anew, and said when it stays', () => {
    const lit = filmed(opened(), { from: 0, until: 3200, brightness: DARK });
    expect([lit.torch, isTooDark(lit)]).toEqual([true, false]);
    expect(isTooDark(filmed(lit, { from: 3230, until: 4700, brightness: DARK }))).toBe(true);
  });
});
