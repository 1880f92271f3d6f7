/** A camera to choose from. */
export interface CameraChoice {
  readonly id: string;
  readonly name: string;
}

/**
 * The cameras among `devices`, in their order, with names a person can tell apart: front and back in those words, a
 * webcam by its own name without the numbers of its plug.
 */
export function cameraNames(
  devices: readonly { kind: string; deviceId: string; label: string }[],
): CameraChoice[] {
  const cameras = devices
    .filter((device) => device.kind === 'videoinput')
    .map(({ deviceId, label }) => ({ id: deviceId, name: plainName(label) }));
  return cameras.map(({ id, name }, index) => {
    const same = cameras.filter((other) => other.name === name);
    if (same.length === 1) return { id, name };
    const number = cameras.slice(0, index + 1).filter((other) => other.name === name).length;
    return { id, name: `${name} ${number}` };
  });
}

function plainName(label: string): string {
  // Android: "camera2 0, facing back". Only that form: on an iPhone "Back Ultra Wide Camera" says more than "Back camera".
  const facing = /^camera2? ?\d+, facing (back|front)/i.exec(label)?.[1]?.toLowerCase();
  if (facing !== undefined) return facing === 'back' ? 'Back camera' : 'Front camera';
  // Desktop Chromium adds the USB vendor and product: "HD Webcam (046d:0825)".
  return label.replace(/ \([\da-f]{4}:[\da-f]{4}\)$/i, '').trim() || 'Camera';
}
