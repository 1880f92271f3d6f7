import { describe, expect, it } from 'vitest';
import { readGateSettings, writeGateSettings, type GateSettings } from './gate-settings';

const holding = (text: string | null) => ({ getItem: () => text });
const initial: GateSettings = {
  gate: 1,
  direction: 'entry',
  cameraId: null,
  light: 'auto',
  zooms: {},
  sound: true,
};

describe('D4 gate settings', () => {
  it.each([
    null,
    'not JSON',
    '7',
    '{"gate":31}',
    '{"gate":"2","sound":1,"cameraId":{},"light":"dim","zooms":[2]}',
    '{"zooms":{"back":"2"}}',
    '{"zooms":null,"direction":"sideways"}',
  ])('%j gives the usual ones', (text) => expect(readGateSettings(holding(text))).toEqual(initial));

  it('are remembered', () => {
    const settings: GateSettings = {
      gate: 0,
      direction: 'exit',
      cameraId: 'back',
      light: 'off',
      zooms: { back: 2.5 },
      sound: false,
    };
    let kept = '';
    writeGateSettings(settings, { setItem: (_key, text) => (kept = text) });
    expect(readGateSettings(holding(kept))).toEqual(settings);
  });

  it('of an older build keep what they had', () => {
    const older = '{"gate":3,"cameraId":"back","sound":false}';
    expect(readGateSettings(holding(older))).toEqual({ ...initial, gate: 3, cameraId: 'back', sound: false });
  });

  it('a browser that keeps nothing does not get in the way', () => {
    const refusing = {
      getItem: (): string => {
        throw new DOMException('', 'SecurityError');
      },
      setItem: (): void => {
        throw new DOMException('', 'QuotaExceededError');
      },
    };
    expect(readGateSettings(refusing)).toEqual(initial);
    expect(() => writeGateSettings(initial, refusing)).not.toThrow();
  });
});
