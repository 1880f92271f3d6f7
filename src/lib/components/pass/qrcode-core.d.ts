/** The encoder inside `qrcode`, which its types leave out. */
declare module 'qrcode/lib/core/qrcode.js' {
  export function create(
    segments: readonly { data: string; mode: 'alphanumeric' | 'byte' }[],
    options: { errorCorrectionLevel: 'L' | 'M' | 'Q' | 'H' },
  ): { modules: { size: number; data: Uint8Array }; version: number };
}
