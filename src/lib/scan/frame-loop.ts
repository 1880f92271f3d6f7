import type { Decoder, DecodeReply } from './decoder';

/** A loop over the frames of a camera. */
export interface FrameLoop {
  stop(): void;
}

/**
 * Hands frames of `video` to the decoder, one at a time, the newest when it is free again: a slow phone skips frames
 * rather than falling behind. `onReply` gets every answer, also "nothing"; `onFailure` when the decoder does not work, and then
 * the loop has ended.
 */
export function startFrameLoop(
  video: HTMLVideoElement,
  decoder: Decoder,
  { onReply, onFailure }: { onReply: (reply: DecodeReply) => void; onFailure: () => void },
): FrameLoop {
  let stopped = false;

  const next = (): void => {
    if (stopped) return;
    // Firefox has requestVideoFrameCallback since 132 only; an animation frame does as well there.
    if ('requestVideoFrameCallback' in video) video.requestVideoFrameCallback(() => void take());
    else requestAnimationFrame(() => void take());
  };

  const take = async (): Promise<void> => {
    if (stopped) return;
    const frame = await grab(video);
    if (!frame) return next();
    if (stopped) {
      frame.close();
      return;
    }
    try {
      const reply = await decoder.decode(frame);
      if (!stopped) onReply(reply);
    } catch {
      // After a stop the decoder may have been closed on purpose.
      if (!stopped) onFailure();
      stopped = true;
    }
    next();
  };

  next();
  return { stop: () => (stopped = true) };
}

/** null while the video has no picture to give (starting, or the camera was just taken away). */
async function grab(video: HTMLVideoElement): Promise<ImageBitmap | null> {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
  try {
    return await createImageBitmap(video);
  } catch {
    return null;
  }
}
