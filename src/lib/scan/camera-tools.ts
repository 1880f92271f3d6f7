import type { RangeCameraCapability, RenderedCamera } from 'html5-qrcode/esm/camera/core';

/** How far a camera zooms, in its own unit: mostly 1 is no zoom, some count in hundredths. */
export interface ZoomRange {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** Where it stands when opened. */
  readonly value: number;
}

/** What a running camera can do besides looking. */
export interface CameraTools {
  readonly hasTorch: boolean;
  /** null where there is none. */
  readonly zoom: ZoomRange | null;
  /** Rejects when the system keeps the torch to itself. */
  setTorch(on: boolean): Promise<void>;
  /** Rejects when the camera does not zoom so. */
  setZoom(value: number): Promise<void>;
}

/** Phones offer up to 120 times; past 8 a hand is too unsteady to hold a code in view, and the slider too coarse. */
const MOST_ZOOM = 8;

/** Enough for a finger where a camera does not say in which steps it zooms. */
const STEPS = 100;

/** Torch and zoom of `camera`. */
export function cameraTools(
  camera: Pick<RenderedCamera, 'getCapabilities' | 'getRunningTrackCapabilities' | 'applyVideoConstraints'>,
): CameraTools {
  const capabilities = camera.getCapabilities();
  // A camera's constraints replace those before them: zoom alone would put the torch out, hence always both, and in one
  // set, since older Chromiums look at the first only.
  let held: { torch?: boolean; zoom?: number } = {};
  const hold = async (change: typeof held): Promise<void> => {
    const before = held;
    held = { ...held, ...change };
    try {
      await camera.applyVideoConstraints({ advanced: [held as MediaTrackConstraintSet] });
    } catch (error) {
      held = before;
      throw error;
    }
  };
  return {
    hasTorch: capabilities.torchFeature().isSupported() && canLight(camera.getRunningTrackCapabilities()),
    zoom: zoomRange(capabilities.zoomFeature()),
    setTorch: (torch) => hold({ torch }),
    setZoom: (zoom) => hold({ zoom }),
  };
}

/** Browsers name the torch also for cameras without one, as `false` or, by the specification, as a list of `false`. */
function canLight(capabilities: object): boolean {
  const torch: unknown = 'torch' in capabilities ? capabilities.torch : false;
  return Array.isArray(torch) ? torch.includes(true) : torch === true;
}

function zoomRange(feature: RangeCameraCapability): ZoomRange | null {
  if (!feature.isSupported()) return null;
  const min = feature.min();
  const max = Math.min(feature.max(), min * MOST_ZOOM);
  // Where the person has not allowed moving the camera the capability is there without numbers.
  if (!Number.isFinite(min) || !Number.isFinite(max) || min <= 0 || max <= min) return null;
  const step = feature.step() > 0 ? feature.step() : (max - min) / STEPS;
  return { min, max, step, value: within({ min, max }, feature.value() ?? min) };
}

/** The nearest to `value` that the camera can do. */
export function within({ min, max }: Pick<ZoomRange, 'min' | 'max'>, value: number): number {
  return Math.min(max, Math.max(min, value));
}
