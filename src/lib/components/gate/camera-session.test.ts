import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenedCamera, RunningCamera } from '$lib/scan/camera';
import type { CameraProblem } from '$lib/scan/camera-problem';
import { initialCameraSettings, type CameraSettings } from '$lib/scan/camera-settings';
import type { DecodeReply } from '$lib/scan/decoder';
import { CameraSession, TORN_AFTER } from './camera-session.svelte';

/** The frame loop, in the test's hand. */
const loop = vi.hoisted(() => ({
  reply: (_reply: unknown): void => undefined,
  fail: (): void => undefined,
}));
vi.mock('$lib/scan/frame-loop', () => ({
  startFrameLoop: (
    _video: unknown,
    _decoder: unknown,
    on: { onReply: (reply: unknown) => void; onFailure: () => void },
  ) => {
    loop.reply = on.onReply;
    loop.fail = on.onFailure;
    return { stop: () => undefined };
  },
}));

class FakeCamera implements RunningCamera {
  readonly video = {} as HTMLVideoElement;
  readonly hasTorch = true;
  readonly zoom = { min: 1, max: 4, step: 0.1, value: 1 };
  readonly setTorch = vi.fn((_on: boolean) => Promise.resolve());
  readonly setZoom = vi.fn((_zoom: number) => Promise.resolve());
  readonly close = vi.fn(() => Promise.resolve());
  end = (): void => undefined;

  constructor(
    readonly deviceId: string,
    readonly here: () => string[],
  ) {}

  choices = () => Promise.resolve(this.here().map((id) => ({ id, name: id })));
  onEnded = (listener: () => void): void => void (this.end = listener);
}

const parent = {} as HTMLElement;
let plugged: string[];
let problem: CameraProblem | null;
let settings: CameraSettings;
let opened: FakeCamera[];
let now: number;
const createDecoder = vi.fn(() => ({ decode: vi.fn(), close: vi.fn() }));

const open = (_parent: HTMLElement, wanted: string | null): Promise<OpenedCamera> => {
  const id = wanted ?? plugged[0];
  const missing = id === undefined ? 'missing' : plugged.includes(id) ? null : 'chosen_missing';
  const inTheWay = problem ?? missing;
  if (id === undefined || inTheWay) return Promise.resolve({ ok: false, problem: inTheWay ?? 'missing' });
  const camera = new FakeCamera(id, () => plugged);
  opened.push(camera);
  return Promise.resolve({ ok: true, camera });
};

const newSession = (parts: Partial<ConstructorParameters<typeof CameraSession>[0]> = {}) =>
  new CameraSession({
    settings: () => settings,
    onchoose: (chosen) => (settings = { ...settings, ...chosen }),
    open,
    createDecoder,
    ...parts,
  });

/** A frame after `milliseconds`. */
function frame(milliseconds: number, reply: Partial<DecodeReply> = {}): void {
  now += milliseconds;
  loop.reply({ id: 1, text: null, torn: false, milliseconds: 3, brightness: 120, ...reply });
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function started(session = newSession()): Promise<CameraSession> {
  await session.start(parent);
  session.watch(() => undefined);
  return session;
}

beforeEach(() => {
  plugged = ['back', 'front'];
  problem = null;
  settings = initialCameraSettings;
  opened = [];
  now = 1000;
  createDecoder.mockClear();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => vi.restoreAllMocks());

describe('D4 the camera of a viewfinder', () => {
  it('has its decoder before the camera is asked for, and one only', async () => {
    const session = newSession();
    session.prepare();
    expect(createDecoder).toHaveBeenCalledOnce();
    problem = 'refused';
    await session.start(parent);
    expect(session.problem).toBe('refused');
    problem = null;
    await started(session);
    expect(session.phase).toBe('running');
    expect(createDecoder).toHaveBeenCalledOnce();
  });

  it('a decoder that broke down is said, and trying again takes a new one', async () => {
    const session = await started();
    loop.fail();
    expect([session.problem, session.phase]).toEqual(['decoder', 'idle']);
    expect(opened[0]?.close).toHaveBeenCalled();
    await started(session);
    expect(session.problem).toBeNull();
    expect(createDecoder).toHaveBeenCalledTimes(2);
  });

  it('closes a camera that opens after it was stopped', async () => {
    let arrive = (): void => undefined;
    const late = new Promise<void>((resolve) => (arrive = resolve));
    const session = newSession({ open: (...wanted) => late.then(() => open(...wanted)) });
    const starting = session.start(parent);
    session.stop();
    arrive();
    await starting;
    expect(opened[0]?.close).toHaveBeenCalledOnce();
    expect([session.phase, session.camera]).toEqual(['idle', null]);
  });

  it('the chosen camera is gone: another one, said until a code was read, and the choice is kept', async () => {
    settings = { ...settings, cameraId: 'usb' };
    const session = await started();
    expect(session.camera?.deviceId).toBe('back');
    expect(session.replaced).toBe(true);
    expect(settings.cameraId).toBe('usb');
    frame(33, { text: 'UC1:' });
    expect(session.replaced).toBe(false);
  });

  it.each([
    ['unplugged, another is there', ['front'], 'running', null],
    ['unplugged, none is left', [], 'idle', 'missing'],
    ['taken by the system', ['back', 'front'], 'idle', 'in_use'],
  ] as const)('ended while running: %s', async (_name, left, phase, expected) => {
    const session = await started();
    plugged = [...left];
    opened[0]?.end();
    await settled();
    expect([session.phase, session.problem]).toEqual([phase, expected]);
    expect(session.replaced).toBe(phase === 'running');
  });

  it('a camera chosen from the list is remembered', async () => {
    const session = await started();
    expect(session.choices.map(({ id }) => id)).toEqual(['back', 'front']);
    await session.choose(parent, 'front');
    expect([session.camera?.deviceId, settings.cameraId]).toEqual(['front', 'front']);
    expect(opened[0]?.close).toHaveBeenCalledOnce();
  });

  it('lights itself in the dark, and starts dark again with the next camera', async () => {
    const session = await started();
    for (let index = 0; index < 60; index += 1) frame(33, { brightness: 10 });
    expect(opened[0]?.setTorch.mock.calls).toEqual([[true]]);
    expect(session.torchOn).toBe(true);
    session.toggleTorch();
    await settled();
    expect(opened[0]?.setTorch.mock.lastCall).toEqual([false]);
    await started(session);
    expect(session.torchOn).toBe(false);
    expect(opened[1]?.setTorch).not.toHaveBeenCalled();
  });

  it('the setting "on" lights at once; changed while running, it counts', async () => {
    settings = { ...settings, light: 'on' };
    const session = await started();
    expect(opened[0]?.setTorch.mock.calls).toEqual([[true]]);
    settings = { ...settings, light: 'off' };
    session.lightChosen();
    await settled();
    expect(opened[0]?.setTorch.mock.lastCall).toEqual([false]);
    expect(session.torchOn).toBe(false);
  });

  it('a torch that the system keeps to itself is shown as it is', async () => {
    const session = await started();
    opened[0]?.setTorch.mockRejectedValue(new DOMException('', 'NotReadableError'));
    session.toggleTorch();
    await settled();
    expect(session.torchOn).toBe(false);
  });

  it('zoom is remembered by camera, within what it can do', async () => {
    settings = { ...settings, zooms: { front: 9 } };
    const session = await started();
    expect([session.zoom, opened[0]?.setZoom.mock.calls]).toEqual([1, []]);
    session.zoomTo(2.5);
    session.keepZoom();
    expect(settings.zooms).toEqual({ front: 9, back: 2.5 });
    await session.choose(parent, 'front');
    expect([session.zoom, opened[1]?.setZoom.mock.calls]).toEqual([4, [[4]]]);
    await session.choose(parent, 'back');
    expect([session.zoom, opened[2]?.setZoom.mock.calls]).toEqual([2.5, [[2.5]]]);
  });

  it('mentions a code that cannot be read after a while, not at a glance', async () => {
    const session = await started();
    frame(33, { torn: true });
    frame(TORN_AFTER - 1, { torn: true });
    expect(session.torn).toBe(false);
    frame(1, { torn: true });
    expect(session.torn).toBe(true);
    frame(33);
    expect(session.torn).toBe(false);
  });

  it('a long shift leaves one measure, not one a frame', async () => {
    vi.mocked(performance.now).mockRestore();
    await started();
    now = performance.now();
    for (let index = 0; index < 100; index += 1) frame(0, { text: 'UC1:' });
    expect(performance.getEntriesByName('gate:decode')).toHaveLength(1);
  });
});
