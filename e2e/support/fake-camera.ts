import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toBuffer } from 'qrcode';

/** What the camera sees for a while: a QR with this text, a picture (PNG), or an empty wall. */
export type Scene = ({ qr: string; upsideDown?: boolean } | { png: Buffer } | { wall: true }) & {
  seconds: number;
};

const WIDTH = 1280;
const HEIGHT = 720;
/** Chromium plays any .mjpeg at this rate, whatever it was made with. */
const FRAMES_PER_SECOND = 30;
/** A code held at arm's length: two thirds of the picture's height. */
const SUBJECT_HEIGHT = 480;
const WALL = '0x777068';
const run = promisify(execFile);

/**
 * Films the scenes one after the other into `file` (.mjpeg, 1280×720) by ffmpeg. Chromium plays it in a loop as its
 * camera when launched with {@link fakeCameraArguments}; a scan page needs a wall of more than 3 s between two showings
 * of the same code to take the second as a new one.
 */
export async function filmFakeCamera(file: string, scenes: readonly Scene[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-camera-'));
  try {
    const inputs: string[] = [];
    const filters: string[] = [];
    for (const [index, scene] of scenes.entries()) {
      const { input, filter } = await shoot(scene, join(folder, `${index}.png`));
      inputs.push('-t', String(scene.seconds), ...input);
      filters.push(`[${index}:v]${filter},fps=${FRAMES_PER_SECOND},setsar=1,format=yuvj420p[s${index}]`);
    }
    const joined = scenes.map((_, index) => `[s${index}]`).join('');
    const graph = `${filters.join(';')};${joined}concat=n=${scenes.length}:v=1:a=0[out]`;
    const output = [
      '-filter_complex',
      graph,
      '-map',
      '[out]',
      '-c:v',
      'mjpeg',
      '-q:v',
      '4',
      '-f',
      'mjpeg',
      file,
    ];
    await run('ffmpeg', ['-v', 'error', '-y', ...inputs, ...output]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function shoot(scene: Scene, picture: string): Promise<{ input: string[]; filter: string }> {
  if ('wall' in scene) {
    return {
      input: ['-f', 'lavfi', '-i', `color=${WALL}:s=${WIDTH}x${HEIGHT}:r=${FRAMES_PER_SECOND}`],
      filter: 'null',
    };
  }
  const png =
    'png' in scene ? scene.png : await toBuffer(scene.qr, { errorCorrectionLevel: 'L', margin: 4, scale: 8 });
  await writeFile(picture, png);
  const turn = 'upsideDown' in scene && scene.upsideDown ? 'vflip,hflip,' : '';
  const fit = `scale=-2:${SUBJECT_HEIGHT}:flags=area,${turn}pad=${WIDTH}:${HEIGHT}:(ow-iw)/2:(oh-ih)/2:color=${WALL}`;
  return {
    input: ['-loop', '1', '-framerate', String(FRAMES_PER_SECOND), '-i', picture],
    filter: fit,
  };
}

/** What Chromium is to be launched with so that `file` is its only camera and nobody is asked to allow it. */
export function fakeCameraArguments(file: string): string[] {
  return [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${file}`,
  ];
}
