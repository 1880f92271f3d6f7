/** Bytes that a claim's photo may have: 60,000 characters of base64url on the wire. */
const MOST_BYTES = 45_000;
const LONGEST_SIDE = 900;

/**
 * C1: a photo made small on the device: a JPEG of at most 45,000 bytes, base64url. What the camera wrote about place and time is not in it,
 * since it is drawn anew. Rejects for what is no picture.
 */
export async function smallPhoto(file: Blob): Promise<string> {
  const picture = await createImageBitmap(file);
  try {
    for (let side = LONGEST_SIDE; side >= 200; side = Math.round(side * 0.7)) {
      for (const quality of [0.75, 0.5]) {
        const bytes = await drawn(picture, side, quality);
        if (bytes.length <= MOST_BYTES) return base64url(bytes);
      }
    }
  } finally {
    picture.close();
  }
  throw new RangeError('the picture cannot be made small enough');
}

async function drawn(picture: ImageBitmap, side: number, quality: number): Promise<Uint8Array> {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas to draw on');
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
  if (!blob) throw new Error('the picture could not be written');
  return new Uint8Array(await blob.arrayBuffer());
}

function base64url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The address of a photo that is kept as base64url, for an `img`. */
export function photoAddress(photo: string): string {
  return `data:image/jpeg;base64,${photo.replaceAll('-', '+').replaceAll('_', '/')}`;
}
