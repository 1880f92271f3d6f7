import { CameraFactory } from 'html5-qrcode/esm/camera/factories';
import type { RenderedCamera } from 'html5-qrcode/esm/camera/core';
import { cameraNames, type CameraChoice } from './camera-names';
import { cameraProblemOf, type CameraProblem } from './camera-problem';
import { cameraTools, type CameraTools } from './camera-tools';

/*
 * html5-qrcode's camera layer (2.3.8) opens the stream and drives torch and choice. Its `Html5Qrcode` class is not used:
 * it scans a canvas of the element's CSS size, decodes each failed frame twice, and its own decoder is 350 KB of the
 * bundle that toolchain.md measured as the weakest. frame-loop.ts takes full-resolution frames from the video instead, so
 * that no private field has to be replaced.
 */

/** A camera that runs. */
export interface RunningCamera extends CameraTools {
  readonly video: HTMLVideoElement;
  /** The id of the camera that was opened. */
  readonly deviceId: string | null;
  /** The cameras there are to choose from; labels are known now that one is open. */
  choices(): Promise<CameraChoice[]>;
  /** Calls when the camera ended by itself: unplugged, permission withdrawn, taken by the system. */
  onEnded(listener: () => void): void;
  close(): Promise<void>;
}

export type OpenedCamera = { ok: true; camera: RunningCamera } | { ok: false; problem: CameraProblem };

// 720p is where decoding was measured; more pixels only cost time and heat.
const resolution = { width: { ideal: 1280 }, height: { ideal: 720 } };

// Browsers may keep it from a page that a camera can zoom unless the page asks to use it. Not in TypeScript's lib.
const zoomable: object = { zoom: true };

/**
 * Opens the camera `deviceId`, or the one that looks away from the person, and puts its picture into `parent`. A chosen
 * camera that is not there is `chosen_missing`: ask again without one.
 */
export async function openCamera(parent: HTMLElement, deviceId: string | null): Promise<OpenedCamera> {
  if (!window.isSecureContext) return { ok: false, problem: 'insecure' };
  if (!('mediaDevices' in navigator) || typeof OffscreenCanvas === 'undefined') {
    return { ok: false, problem: 'unsupported' };
  }
  const wanted = deviceId === null ? { facingMode: 'environment' } : { deviceId: { exact: deviceId } };
  try {
    const factory = await CameraFactory.failIfNotSupported();
    const opened = await factory.create({ ...resolution, ...zoomable, ...wanted });
    return { ok: true, camera: running(await rendered(opened, parent)) };
  } catch (error) {
    return { ok: false, problem: cameraProblemOf(error) };
  }
}

type Opened = Awaited<ReturnType<CameraFactory['create']>>;

/** Resolves when the picture runs: closing before would leave an interrupted `play()` behind. */
function rendered(opened: Opened, parent: HTMLElement): Promise<RenderedCamera> {
  return new Promise((resolve, reject) => {
    let started = (): void => undefined;
    const playing = new Promise<void>((done) => (started = done));
    const onRenderSurfaceReady = (): void => started();
    opened
      .render(parent, {}, { onRenderSurfaceReady })
      .then(async (camera) => {
        const video = camera.getSurface();
        // The library throws out of these handlers, where nothing can catch it, and gives the video a fixed width.
        video.onabort = video.onerror = null;
        video.removeAttribute('style');
        video.setAttribute('aria-hidden', 'true');
        await playing;
        resolve(camera);
      })
      .catch(reject);
  });
}

function running(camera: RenderedCamera): RunningCamera {
  const video = camera.getSurface();
  const track = video.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks()[0] : undefined;
  return {
    ...cameraTools(camera),
    video,
    deviceId: track?.getSettings().deviceId ?? null,
    // Not the library's CameraRetriever, which opens a second stream to ask.
    choices: async () => cameraNames(await navigator.mediaDevices.enumerateDevices()),
    onEnded: (listener) => track?.addEventListener('ended', listener),
    close: () => camera.close(),
  };
}

/** Whether the camera can be opened without a question to the person; false when the browser does not tell. */
export async function cameraAllowed(): Promise<boolean> {
  try {
    // Not in every TypeScript lib's list of names; browsers that do not know it reject.
    const status = await navigator.permissions.query({ name: 'camera' as PermissionName });
    return status.state === 'granted';
  } catch {
    return false;
  }
}
