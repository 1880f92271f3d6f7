/** Why there is no picture. */
export type CameraProblem =
  /** Not https: browsers give no camera to such a page. */
  | 'insecure'
  /** A browser too old to give one, or to decode off the main thread. */
  | 'unsupported'
  | 'refused'
  | 'missing'
  | 'in_use'
  /** The camera chosen before is not there (any more). */
  | 'chosen_missing'
  /** The picture is there but the decoder did not start. */
  | 'decoder'
  | 'unknown';

/** What getUserMedia rejected with (Media Capture and Streams §10.2, and the names older browsers give). */
export function cameraProblemOf(error: unknown): CameraProblem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
    case 'SecurityError':
      return 'refused';
    case 'NotFoundError':
    case 'DevicesNotFoundError':
      return 'missing';
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'in_use';
    case 'OverconstrainedError':
    case 'ConstraintNotSatisfiedError':
      return 'chosen_missing';
    default:
      return 'unknown';
  }
}

/** Which of the browsers' ways to allow a camera a person has to follow. */
export type CameraPlatform = 'ios' | 'android' | 'firefox' | 'safari' | 'desktop';

/** Told from the user agent, for words only. An iPad calls itself a Mac, but has fingers. */
export function cameraPlatform(device: { userAgent: string; maxTouchPoints: number }): CameraPlatform {
  const { userAgent, maxTouchPoints } = device;
  if (/iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return 'ios';
  if (/Android/.test(userAgent)) return 'android';
  if (/Firefox\//.test(userAgent)) return 'firefox';
  return /Safari\//.test(userAgent) && !/Chrom(e|ium)\//.test(userAgent) ? 'safari' : 'desktop';
}
