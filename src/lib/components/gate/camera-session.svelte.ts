import { isTooDark, lightAtStart, nextLight, type Light, type LightEvent } from '$lib/scan/auto-light';
import type { CameraChoice } from '$lib/scan/camera-names';
import type { CameraProblem } from '$lib/scan/camera-problem';
import type { OpenedCamera, RunningCamera } from '$lib/scan/camera';
import { withZoom, type CameraSettings } from '$lib/scan/camera-settings';
import { within } from '$lib/scan/camera-tools';
import type { DecodeReply, Decoder } from '$lib/scan/decoder';
import { startFrameLoop } from '$lib/scan/frame-loop';
import { newestOnly } from '$lib/scan/newest-only';

/** A code that cannot be read is mentioned when it has been in view for this long (ms). */
export const TORN_AFTER = 1500;

/** How far a camera has come, for a screen that needs its picture; `failed`: its own place says why. */
export type CameraState = 'idle' | 'starting' | 'running' | 'failed';

/** What a session stands on: the browser's camera and worker, or a test's. */
export interface SessionParts {
  readonly settings: () => CameraSettings;
  /** The person chose something that is to be remembered. */
  readonly onchoose: (settings: Partial<CameraSettings>) => void;
  readonly open: (parent: HTMLElement, deviceId: string | null) => Promise<OpenedCamera>;
  readonly createDecoder: () => Decoder;
}

/**
 * One viewfinder's camera, from the first tap until the page is left: opens it, keeps light and zoom as chosen, has its
 * frames decoded, and says what is in the way. Each start and stop takes a turn; what an earlier turn still had under way
 * is closed when it arrives.
 */
export class CameraSession {
  #phase = $state<'idle' | 'starting' | 'running'>('idle');
  #problem = $state<CameraProblem | null>(null);
  #camera = $state.raw<RunningCamera | null>(null);
  #choices = $state.raw<readonly CameraChoice[]>([]);
  #torchOn = $state(false);
  #tooDark = $state(false);
  #torn = $state(false);
  #replaced = $state(false);
  #zoom = $state<number | null>(null);
  #light: Light = lightAtStart('off', false);
  #setTorch: (on: boolean) => void = () => undefined;
  #setZoom: (zoom: number) => void = () => undefined;
  #tornSince: number | null = null;
  #decoder: Decoder | null = null;
  #turn = 0;
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get phase(): 'idle' | 'starting' | 'running' {
    return this.#phase;
  }

  /** Why there is no picture; null while there is one, or none was asked for. */
  get problem(): CameraProblem | null {
    return this.#problem;
  }

  get camera(): RunningCamera | null {
    return this.#camera;
  }

  /** The cameras to choose from, known once one runs. */
  get choices(): readonly CameraChoice[] {
    return this.#choices;
  }

  get torchOn(): boolean {
    return this.#torchOn;
  }

  /** It stays dark, without a torch or in spite of it. */
  get tooDark(): boolean {
    return this.#tooDark;
  }

  /** A code has been in view for a while and cannot be read. */
  get torn(): boolean {
    return this.#torn;
  }

  /** Another camera runs than the one that was chosen, which is gone. Until a code was read. */
  get replaced(): boolean {
    return this.#replaced;
  }

  /** null where the camera has none. */
  get zoom(): number | null {
    return this.#zoom;
  }

  /** Starts the decoder, so that its wasm is compiled by the time the camera gives its first frame. */
  prepare(): void {
    this.#decoder ??= this.#parts.createDecoder();
  }

  /** Opens the chosen camera, or any other when that one is gone, and puts its picture into `parent`. */
  async start(parent: HTMLElement): Promise<void> {
    await this.#open(parent, this.#parts.settings().cameraId, false);
  }

  /** Gives the camera back. */
  stop(): void {
    this.#turn += 1;
    void this.#camera?.close();
    this.#camera = null;
    this.#phase = 'idle';
    this.#torn = this.#tooDark = this.#torchOn = this.#replaced = false;
    this.#tornSince = this.#zoom = null;
  }

  /** Stops for good. */
  close(): void {
    this.stop();
    this.#decoder?.close();
    this.#decoder = null;
  }

  /** Opens the camera `id` instead, and has it remembered. */
  async choose(parent: HTMLElement, id: string): Promise<void> {
    this.#parts.onchoose({ cameraId: id });
    await this.#open(parent, id, false);
  }

  toggleTorch(): void {
    this.#shine({ type: 'tapped' });
  }

  /** The setting for light was changed while the camera runs. */
  lightChosen(): void {
    if (this.#camera) this.#shine({ type: 'chosen', setting: this.#parts.settings().light });
  }

  /** Zooms, as a slider moves. */
  zoomTo(zoom: number): void {
    const range = this.#camera?.zoom;
    if (!range) return;
    this.#zoom = within(range, zoom);
    this.#setZoom(this.#zoom);
  }

  /** The slider came to rest: has the zoom of this camera remembered. */
  keepZoom(): void {
    const deviceId = this.#camera?.deviceId;
    if (deviceId == null || this.#zoom === null) return;
    this.#parts.onchoose({ zooms: withZoom(this.#parts.settings().zooms, deviceId, this.#zoom) });
  }

  /** Reads the running camera's frames until the returned function is called. */
  watch(oncode: (text: string, readAt: number) => void): () => void {
    if (!this.#camera) return () => undefined;
    this.prepare();
    const loop = startFrameLoop(this.#camera.video, this.#decoder!, {
      onReply: (reply) => {
        const readAt = performance.now();
        this.#replied(reply, readAt);
        if (reply.text !== null) oncode(reply.text, readAt);
      },
      onFailure: () => this.#fail('decoder'),
    });
    return () => loop.stop();
  }

  async #open(parent: HTMLElement, wantedId: string | null, replaced: boolean): Promise<void> {
    this.stop();
    const mine = this.#turn;
    this.#phase = 'starting';
    this.#problem = null;
    this.prepare();
    const opened = await this.#parts.open(parent, wantedId);
    if (mine !== this.#turn) {
      if (opened.ok) await opened.camera.close();
      return;
    }
    if (opened.ok) return this.#run(parent, opened.camera, replaced);
    // A camera that was unplugged must not keep the gate from working: any other will do.
    if (opened.problem === 'chosen_missing' && wantedId !== null) return this.#open(parent, null, true);
    this.#fail(opened.problem);
  }

  async #run(parent: HTMLElement, camera: RunningCamera, replaced: boolean): Promise<void> {
    const mine = this.#turn;
    const { light, zooms } = this.#parts.settings();
    this.#camera = camera;
    this.#phase = 'running';
    this.#replaced = replaced;
    this.#setTorch = newestOnly(
      (on) => camera.setTorch(on),
      (on) => {
        if (mine === this.#turn && this.#light.torch === on) this.#shine({ type: 'refused' });
      },
    );
    this.#setZoom = newestOnly((zoom) => camera.setZoom(zoom));
    this.#light = lightAtStart(light, camera.hasTorch);
    this.#torchOn = this.#light.torch;
    if (this.#light.torch) this.#setTorch(true);
    this.#zoom = camera.zoom?.value ?? null;
    const remembered = camera.deviceId === null ? undefined : zooms[camera.deviceId];
    if (remembered !== undefined) this.zoomTo(remembered);
    camera.onEnded(() => void this.#ended(parent, camera, mine));
    const choices = await camera.choices().catch(() => []);
    if (mine === this.#turn) this.#choices = choices;
  }

  /** Unplugged: another one will do. Taken by the system: it would be taken again. */
  async #ended(parent: HTMLElement, camera: RunningCamera, turn: number): Promise<void> {
    if (turn !== this.#turn) return;
    const left = await camera.choices().catch(() => null);
    if (turn !== this.#turn) return;
    const unplugged = left !== null && left.every(({ id }) => id !== camera.deviceId);
    if (unplugged && left.length > 0) await this.#open(parent, null, true);
    else this.#fail(unplugged ? 'missing' : 'in_use');
  }

  #fail(what: CameraProblem): void {
    this.stop();
    this.#problem = what;
    if (what !== 'decoder') return;
    // A worker that broke down stays broken; trying again takes a new one.
    this.#decoder?.close();
    this.#decoder = null;
  }

  #replied({ text, torn, milliseconds, brightness }: DecodeReply, at: number): void {
    this.#tornSince = torn ? (this.#tornSince ?? at) : null;
    this.#torn = this.#tornSince !== null && at - this.#tornSince >= TORN_AFTER;
    this.#shine({ type: 'frame', at, brightness, found: text !== null });
    if (text === null) return;
    this.#replaced = false;
    // One entry, not one a frame: browsers keep them all for as long as the page is open. Observers get each.
    performance.clearMeasures('gate:decode');
    performance.measure('gate:decode', { start: at - milliseconds, end: at });
  }

  #shine(event: LightEvent): void {
    const before = this.#light.torch;
    this.#light = nextLight(this.#light, event);
    this.#tooDark = isTooDark(this.#light);
    this.#torchOn = this.#light.torch;
    if (this.#light.torch !== before && event.type !== 'refused') this.#setTorch(this.#light.torch);
  }
}
