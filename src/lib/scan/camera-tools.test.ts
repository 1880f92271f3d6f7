import { CameraImpl } from 'html5-qrcode/esm/camera/core-impl';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cameraTools, type CameraTools } from './camera-tools';

/** A phone's camera as browsers give it: constraints replace those before, as the specification has it. */
class FakeTrack {
  held: { torch?: boolean; zoom?: number } = {};
  refuses = false;

  constructor(readonly capabilities: object) {}

  getCapabilities = (): object => this.capabilities;
  getSettings = (): object => ('zoom' in this.capabilities ? { zoom: 1 } : {});

  async applyConstraints({
    advanced = [],
  }: {
    advanced?: { torch?: boolean; zoom?: number }[];
  }): Promise<void> {
    if (this.refuses) throw new DOMException('', 'NotReadableError');
    this.held = { ...advanced[0] };
    return Promise.resolve();
  }
}

/** The camera library's own camera around the track, in a page that is all fakes. */
async function toolsOf(track: FakeTrack): Promise<CameraTools> {
  const stream = { getVideoTracks: () => [track] };
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: () => Promise.resolve(stream) } });
  const parent = { clientWidth: 320, append: () => undefined } as Partial<HTMLElement> as HTMLElement;
  const opened = await CameraImpl.create({});
  return cameraTools(await opened.render(parent, {}, { onRenderSurfaceReady: () => undefined }));
}

describe('D4 torch and zoom of a camera', () => {
  beforeEach(() => {
    const video = () => ({ style: {}, setAttribute: vi.fn(), addEventListener: vi.fn(), play: vi.fn() });
    vi.stubGlobal('document', { createElement: video });
  });
  afterEach(() => vi.unstubAllGlobals());

  const zoom = { min: 1, max: 4, step: 0.1 };

  it('zooming leaves the torch as it is, and the torch the zoom', async () => {
    const track = new FakeTrack({ torch: true, zoom });
    const tools = await toolsOf(track);
    await tools.setTorch(true);
    await tools.setZoom(2);
    expect(track.held).toEqual({ torch: true, zoom: 2 });
    await tools.setTorch(false);
    expect(track.held).toEqual({ torch: false, zoom: 2 });
  });

  it('what the system refused is not asked for again with the next change', async () => {
    const track = new FakeTrack({ torch: true, zoom });
    const tools = await toolsOf(track);
    track.refuses = true;
    await expect(tools.setTorch(true)).rejects.toThrow();
    track.refuses = false;
    await tools.setZoom(3);
    expect(track.held).toEqual({ zoom: 3 });
  });

  it.each([
    [{}, false],
    [{ torch: false }, false],
    [{ torch: [false] }, false],
    [{ torch: true }, true],
    [{ torch: [false, true] }, true],
  ])('%j has a torch: %j', async (capabilities, expected) => {
    expect((await toolsOf(new FakeTrack(capabilities))).hasTorch).toBe(expected);
  });

  it.each([
    ['none', {}, null],
    ['one without numbers', { zoom: {} }, null],
    ['one that does not move', { zoom: { min: 1, max: 1, step: 0 } }, null],
    ['an Android phone', { zoom }, { ...zoom, value: 1 }],
    [
      'an iPhone, past what a hand can hold',
      { zoom: { min: 1, max: 123.75 } },
      { min: 1, max: 8, step: 0.07, value: 1 },
    ],
    [
      'one that counts in hundredths',
      { zoom: { min: 100, max: 400, step: 1 } },
      { min: 100, max: 400, step: 1, value: 100 },
    ],
  ])('zoom of %s', async (_name, capabilities, expected) => {
    expect((await toolsOf(new FakeTrack(capabilities))).zoom).toEqual(expected);
  });
});
