import type { Direction } from '#shared/domain/entities';
import { initialCameraSettings, knownCameraSettings, type CameraSettings } from './camera-settings';

/** What a guard chose on this device. */
export interface GateSettings extends CameraSettings {
  /** Number of the gate, 0 to 30 (protocol/ops). */
  gate: number;
  /** Which way the cars go that are scanned here. */
  direction: Direction;
  sound: boolean;
}

export const LOWEST_GATE = 0;
export const HIGHEST_GATE = 30;
const KEY = 'undercroft.gate';
const initial: GateSettings = { ...initialCameraSettings, gate: 1, direction: 'entry', sound: true };

/** A device's settings; the usual ones for whatever is missing or not readable. */
export function readGateSettings(storage: Pick<Storage, 'getItem'> = localStorage): GateSettings {
  try {
    const stored: unknown = JSON.parse(storage.getItem(KEY) ?? 'null');
    return typeof stored === 'object' && stored !== null ? { ...initial, ...known(stored) } : initial;
  } catch {
    // Not our JSON, or a browser that keeps nothing for this page.
    return initial;
  }
}

function known(stored: object): Partial<GateSettings> {
  const values = new Map<string, unknown>(Object.entries(stored));
  const gate = values.get('gate');
  const direction = values.get('direction');
  const sound = values.get('sound');
  return {
    ...(isGate(gate) && { gate }),
    ...((direction === 'entry' || direction === 'exit') && { direction }),
    ...knownCameraSettings(values),
    ...(typeof sound === 'boolean' && { sound }),
  };
}

export function writeGateSettings(
  settings: GateSettings,
  storage: Pick<Storage, 'setItem'> = localStorage,
): void {
  try {
    storage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing: the choice holds until the page is closed.
  }
}

/** Whether it is the number of a gate. */
export function isGate(value: unknown): value is number {
  return (
    typeof value === 'number' && Number.isInteger(value) && value >= LOWEST_GATE && value <= HIGHEST_GATE
  );
}
