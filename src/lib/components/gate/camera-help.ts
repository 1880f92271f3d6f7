import type { CameraPlatform, CameraProblem } from '$lib/scan/camera-problem';

/** What is the matter with the camera, and what to do about it. */
export interface CameraHelp {
  readonly title: string;
  readonly steps: readonly string[];
  /** Whether trying again can help without changing anything first. */
  readonly retry: boolean;
}

const allowSteps: Record<CameraPlatform, readonly string[]> = {
  ios: [
    'Open the Settings app, then Apps, then Safari (or Undercroft, when it is on your home screen).',
    'Tap Camera and choose Allow.',
    'Come back here and tap Try again.',
  ],
  android: [
    'Tap the icon left of the address, then Permissions. In the installed app: hold its icon, App info, Permissions.',
    'Set Camera to Allow.',
    'Come back here and tap Try again.',
  ],
  firefox: [
    'Click the crossed-out camera in the address bar.',
    'Remove the block, then click Try again and allow the camera.',
  ],
  safari: [
    'In the menu choose Safari, Settings for This Website.',
    'Set Camera to Allow, then click Try again.',
  ],
  desktop: [
    'Click the icon left of the address.',
    'Set Camera to Allow, then click Try again.',
    'If it stays off, allow the browser the camera in the system’s privacy settings.',
  ],
};

const otherHelp: Record<Exclude<CameraProblem, 'refused'>, CameraHelp> = {
  insecure: {
    title: 'The camera needs a secure address',
    steps: [
      'Browsers give the camera only to pages opened with https. Ask the manager for the https address.',
    ],
    retry: false,
  },
  unsupported: {
    title: 'This browser cannot scan',
    steps: ['Update the browser, or open the app in a current Chrome, Firefox, Edge or Safari.'],
    retry: false,
  },
  missing: {
    title: 'No camera found',
    steps: ['If one is plugged in, check its cable and that its cover is open.'],
    retry: true,
  },
  in_use: {
    title: 'The camera is busy',
    steps: ['Another app or window is using it. Close that one, then try again.'],
    retry: true,
  },
  chosen_missing: {
    title: 'The chosen camera is gone',
    steps: ['Try again to use another one.'],
    retry: true,
  },
  decoder: {
    title: 'The code reader did not start',
    steps: ['Part of the app is missing on this device. Open it once with signal, then try again.'],
    retry: true,
  },
  unknown: { title: 'The camera did not start', steps: ['Try again, or restart the browser.'], retry: true },
};

/** The words for a problem on a platform. */
export function cameraHelp(problem: CameraProblem, platform: CameraPlatform): CameraHelp {
  if (problem !== 'refused') return otherHelp[problem];
  return { title: 'The camera is not allowed', steps: allowSteps[platform], retry: true };
}
