import { qrOf, QUIET_ZONE } from './qr';

/** What is written under the code. */
export interface PictureWords {
  readonly slotLabel: string;
  readonly plate: string;
  readonly window: string;
  readonly code: string;
  /** The last line: how long the picture is good for. */
  readonly remark: string;
}

const WIDTH = 1080;
const FACE = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** A5: the pass as a PNG: code, slot, plate, window and typed code, black on white. */
export function passPicture(text: string, words: PictureWords): Promise<Blob> {
  const lines: { text: string; font: string; height: number }[] = [
    { text: words.slotLabel, font: `700 120px ${FACE}`, height: 140 },
    { text: words.plate, font: `600 64px ${FACE}`, height: 84 },
    { text: words.window, font: `400 44px ${FACE}`, height: 64 },
    { text: words.code, font: `600 52px ui-monospace, Menlo, monospace`, height: 84 },
    { text: words.remark, font: `400 30px ${FACE}`, height: 48 },
  ].filter((line) => line.text !== '');
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = WIDTH + lines.reduce((height, line) => height + line.height, 48);
  const context = canvas.getContext('2d');
  if (!context) return Promise.reject(new Error('this browser gives no canvas'));
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#000000';
  drawCode(context, text);
  context.textAlign = 'center';
  let y = WIDTH;
  for (const line of lines) {
    context.font = line.font;
    context.fillText(line.text, WIDTH / 2, y + line.height * 0.72, WIDTH - 80);
    y += line.height;
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('this browser makes no PNG'))),
      'image/png',
    );
  });
}

/** Whole pixels a module: a code between pixels is grey at its edges. */
function drawCode(context: CanvasRenderingContext2D, text: string): void {
  const { size, isDark } = qrOf(text);
  const scale = Math.floor(WIDTH / (size + 2 * QUIET_ZONE));
  const origin = Math.floor((WIDTH - size * scale) / 2);
  isDark.forEach((dark, index) => {
    if (dark) {
      const column = index % size;
      const row = (index - column) / size;
      context.fillRect(origin + column * scale, origin + row * scale, scale, scale);
    }
  });
}
