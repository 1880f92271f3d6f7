import type { Inflate } from '#shared/pass/web-crypto';

/**
 * Undoes zlib with the platform's own DecompressionStream, reading no further than `maxBytes`: a status list that would
 * become more is refused before it fills the memory. Rejects with RangeError then, with TypeError when the bytes are damaged.
 */
export const inflateBounded: Inflate = async (bytes, maxBytes) => {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return joined(chunks, length);
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      throw new RangeError(`inflates to more than ${maxBytes} bytes`);
    }
    chunks.push(value);
  }
};

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
