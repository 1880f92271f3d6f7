import type { LightSetting } from './auto-light';

/** What a person chose about the cameras of this device. */
export interface CameraSettings {
  /** The camera to open first; null takes the one that looks away from the person. */
  readonly cameraId: string | null;
  readonly light: LightSetting;
  /** Zoom by camera id, in the camera's own unit; the one used last stands last. */
  readonly zooms: Readonly<Record<string, number>>;
}

export const initialCameraSettings: CameraSettings = { cameraId: null, light: 'auto', zooms: {} };

/** Browsers give cameras new ids when site data is cleared: old ones would pile up. */
export const REMEMBERED_ZOOMS = 8;

const lights: readonly unknown[] = ['auto', 'on', 'off'] satisfies LightSetting[];

/** The camera settings among stored values; what is missing or not readable is left out. */
export function knownCameraSettings(values: ReadonlyMap<string, unknown>): Partial<CameraSettings> {
  const cameraId = values.get('cameraId');
  const light = values.get('light');
  const zooms = values.get('zooms');
  return {
    ...(typeof cameraId === 'string' && { cameraId }),
    ...(isLight(light) && { light }),
    ...(isZooms(zooms) && { zooms }),
  };
}

/** `zooms` with that of one camera changed; keeps the {@link REMEMBERED_ZOOMS} used last. */
export function withZoom(
  zooms: CameraSettings['zooms'],
  cameraId: string,
  zoom: number,
): CameraSettings['zooms'] {
  const others = Object.entries(zooms).filter(([id]) => id !== cameraId);
  return Object.fromEntries([...others, [cameraId, zoom]].slice(-REMEMBERED_ZOOMS));
}

function isLight(value: unknown): value is LightSetting {
  return lights.includes(value);
}

function isZooms(value: unknown): value is Record<string, number> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((zoom) => typeof zoom === 'number' && Number.isFinite(zoom))
  );
}
