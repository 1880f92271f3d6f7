import { describe, expect, it } from 'vitest';
import { cameraNames } from './camera-names';

const named = (...labels: string[]) =>
  cameraNames(labels.map((label, index) => ({ kind: 'videoinput', deviceId: `id-${index}`, label }))).map(
    ({ name }) => name,
  );

describe('D4 names of cameras', () => {
  it('an Android phone has front and back, numbered where there are several', () => {
    expect(named('camera2 1, facing front', 'camera2 2, facing back', 'camera2 0, facing back')).toEqual([
      'Front camera',
      'Back camera 1',
      'Back camera 2',
    ]);
  });

  it("an iPhone's own words are kept", () => {
    const labels = ['Front Camera', 'Back Camera', 'Back Ultra Wide Camera'];
    expect(named(...labels)).toEqual(labels);
  });

  it('a webcam goes without the numbers of its plug', () => {
    expect(named('HD Pro Webcam C920 (046d:082d)')).toEqual(['HD Pro Webcam C920']);
  });

  it('cameras without a label are numbered, and only cameras count', () => {
    expect(
      cameraNames([
        { kind: 'audioinput', deviceId: 'microphone', label: 'Front' },
        { kind: 'videoinput', deviceId: 'a', label: '' },
        { kind: 'videoinput', deviceId: 'b', label: '' },
      ]),
    ).toEqual([
      { id: 'a', name: 'Camera 1' },
      { id: 'b', name: 'Camera 2' },
    ]);
  });
});
