import { describe, expect, it } from 'vitest';
import { readGateSettings, writeGateSettings } from './gate-settings';

const holding = (text: string | null) => ({ getItem: () => text });
const initial = { gate: 1, cameraId: null, sound: true };

describe('D4 gate settings', () => {
  it.each([null, 'not JSON', '7', '{"gate":31}', '{"gate":"2","sound":1,"cameraId":{}}'])(
    '%j gives the usual ones',
    (text) => expect(readGateSettings(holding(text))).toEqual(initial),
  );

  it('are remembered', () => {
    const settings = { gate: 0, cameraId: 'back', sound: false };
    let kept = '';
    writeGateSettings(settings, { setItem: (_key, text) => (kept = text) });
    expect(readGateSettings(holding(kept))).toEqual(settings);
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
