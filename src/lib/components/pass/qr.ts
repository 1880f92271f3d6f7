// Named, since the benchmarks compile this file without the folder around it.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- an ambient declaration has nothing to import
/// <reference path="./qrcode-core.d.ts" />
// Only the encoder: the package's front door would bring renderers that a pass does not need on its way to the screen.
import { create } from 'qrcode/lib/core/qrcode.js';

/** A QR code as squares: `isDark` is row by row, without quiet zone. */
export interface QrSquares {
  readonly size: number;
  readonly isDark: readonly boolean[];
}

/** Light modules around the code that a reader needs (ISO/IEC 18004). */
export const QUIET_ZONE = 4;

/**
 * The QR code of a pass text (`UC1:` + Base45), in alphanumeric mode at level L: the fewest modules, so the largest ones
 * on the screen. Throws for a character outside the alphanumeric set, which no pass text has.
 */
export function qrOf(text: string): QrSquares {
  if (!/^[0-9A-Z $%*+\-./:]+$/.test(text)) throw new RangeError('not alphanumeric: no pass text');
  const { modules } = create([{ data: text, mode: 'alphanumeric' }], { errorCorrectionLevel: 'L' });
  return { size: modules.size, isDark: Array.from(modules.data, (module) => module === 1) };
}

/** The QR code of any text, such as a link: in bytes, at level M, as it is read from a screen at an angle. */
export function qrOfLink(text: string): QrSquares {
  const { modules } = create([{ data: text, mode: 'byte' }], { errorCorrectionLevel: 'M' });
  return { size: modules.size, isDark: Array.from(modules.data, (module) => module === 1) };
}

/** An SVG path of the dark squares, one unit each, the quiet zone included in the offset: one rectangle a run. */
export function qrPath({ size, isDark }: QrSquares): string {
  let path = '';
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      if (!isDark[row * size + column]) continue;
      const first = column;
      while (column + 1 < size && isDark[row * size + column + 1]) column++;
      path += `M${first + QUIET_ZONE} ${row + QUIET_ZONE}h${column - first + 1}v1h-${column - first + 1}z`;
    }
  }
  return path;
}
