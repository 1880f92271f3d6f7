/** What a code looks like to the page's camera: `dark` row by row, one character a module, '1' for dark. */
export interface ShownCode {
  readonly size: number;
  readonly dark: string;
}

/** A `performance.measure` of the gate, in ms of the page's clock. */
export interface GateMeasure {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface GateRecording {
  readonly measures: GateMeasure[];
  /** When each frame was drawn in which something within the result on the screen had changed. */
  readonly resultFrames: number[];
  /** When the last code was held up, by the page's clock. */
  shownAt: number;
  /** Holds a code up to the camera; answers when, by the page's clock. */
  show(code: ShownCode): number;
}

declare global {
  interface Window {
    gateRecording: GateRecording;
  }
}

/**
 * Runs in the page before the app: gives it a camera of 1280 × 720 that sees what {@link GateRecording.show} holds up, and
 * records what the gate measures and when its result is drawn. Self-contained, because its text is sent to the browser.
 */
export function installGateRecording(): void {
  const canvas = document.createElement('canvas');
  canvas.width = 1280;
  canvas.height = 720;
  const context = canvas.getContext('2d')!;
  const measures: GateMeasure[] = [];
  const resultFrames: number[] = [];

  const drawWall = (): void => {
    context.fillStyle = '#777068';
    context.fillRect(0, 0, canvas.width, canvas.height);
  };
  drawWall();
  const openCamera = (): Promise<MediaStream> => {
    const stream = canvas.captureStream(30);
    // A still picture gives no frames: a camera does, so a corner that no code reaches is drawn anew each time.
    let shade = 0;
    const timer = setInterval(() => {
      if (stream.getVideoTracks()[0]?.readyState === 'ended') clearInterval(timer);
      context.fillStyle = `rgb(${(shade = (shade + 1) % 64)} 0 0)`;
      context.fillRect(0, 0, 4, 4);
    }, 33);
    return Promise.resolve(stream);
  };
  navigator.mediaDevices.getUserMedia = openCamera;

  new PerformanceObserver((list) => {
    for (const { name, startTime, duration } of list.getEntries()) {
      if (name.startsWith('gate:')) measures.push({ name, start: startTime, end: startTime + duration });
    }
  }).observe({ type: 'measure' });

  const isOfResult = ({ target, addedNodes }: MutationRecord): boolean => {
    const element = target instanceof Element ? target : target.parentElement;
    if (element?.closest('[data-result]')) return true;
    return [...addedNodes].some(
      (node) =>
        node instanceof Element && (node.matches('[data-result]') || node.querySelector('[data-result]')),
    );
  };
  new MutationObserver((records) => {
    if (records.some(isOfResult)) requestAnimationFrame(() => resultFrames.push(performance.now()));
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });

  window.gateRecording = {
    measures,
    resultFrames,
    shownAt: 0,
    show({ size, dark }) {
      drawWall();
      // Two thirds of the picture's height with its quiet zone, as in the tests' film.
      const module = Math.floor(480 / (size + 8));
      const side = module * (size + 8);
      const [left, top] = [(canvas.width - side) / 2, (canvas.height - side) / 2];
      context.fillStyle = '#fff';
      context.fillRect(left, top, side, side);
      context.fillStyle = '#000';
      for (let index = 0; index < dark.length; index++) {
        if (dark[index] !== '1') continue;
        const [column, row] = [index % size, Math.floor(index / size)];
        context.fillRect(left + (column + 4) * module, top + (row + 4) * module, module, module);
      }
      return (window.gateRecording.shownAt = performance.now());
    },
  };
}
