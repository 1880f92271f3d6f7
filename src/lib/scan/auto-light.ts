/** When the torch shines: by itself in the dark, from the start, or only when it is tapped. */
export type LightSetting = 'auto' | 'on' | 'off';

/** Mean luminance (0 to 255) under which a frame counts as dark. A lit screen that fills a third of the picture is above it. */
export const DARK_BELOW = 40;

/** A dark spell ends at this luminance. Between the two, cameras that correct their exposure wander to and fro. */
export const BRIGHT_FROM = 60;

/** How long (ms) it must be dark until the torch goes on: a hand or a sleeve before the lens is gone by then. */
export const LIT_AFTER = 1500;

/** How long (ms) it must be dark, without or in spite of a torch, until that is worth a word. */
export const TOO_DARK_AFTER = 3000;

/** Frames further apart (ms) than this do not belong to one dark spell: nothing was looked at in between. */
const GAP = 1000;

/** The light of one running camera. */
export interface Light {
  readonly hasTorch: boolean;
  /** Whether the torch is to shine. */
  readonly torch: boolean;
  /** Whether darkness may switch it on: not after the guard has said what they want. */
  readonly automatic: boolean;
  /** When the present dark spell began (ms), counted anew when the torch goes on; null while it is not dark. */
  readonly darkSince: number | null;
  readonly lastFrameAt: number | null;
}

/** What happens to the light. `at` is in ms and rises; `found` says that the frame held a code that could be read. */
export type LightEvent =
  | { readonly type: 'frame'; readonly at: number; readonly brightness: number; readonly found: boolean }
  | { readonly type: 'tapped' }
  | { readonly type: 'chosen'; readonly setting: LightSetting }
  /** The system did not do what `torch` asked for (too hot, battery low). */
  | { readonly type: 'refused' };

/** The light of a camera that has just been opened. */
export function lightAtStart(setting: LightSetting, hasTorch: boolean): Light {
  return {
    hasTorch,
    torch: hasTorch && setting === 'on',
    automatic: setting === 'auto',
    darkSince: null,
    lastFrameAt: null,
  };
}

/**
 * The light after `event`. Darkness switches the torch on, never off: with the torch it is bright, so that a rule for
 * both directions would flap. What the guard taps holds until the camera is closed or they choose another setting.
 */
export function nextLight(light: Light, event: LightEvent): Light {
  switch (event.type) {
    case 'frame':
      return afterFrame(light, event);
    case 'tapped':
      return { ...light, torch: light.hasTorch && !light.torch, automatic: false };
    case 'chosen':
      if (event.setting === 'auto') return { ...light, automatic: true };
      return { ...light, torch: light.hasTorch && event.setting === 'on', automatic: false };
    case 'refused':
      return { ...light, torch: light.hasTorch && !light.torch, automatic: false };
  }
}

/** Whether it has been dark for so long that the guard is to be told. */
export function isTooDark({ darkSince, lastFrameAt }: Light): boolean {
  return darkSince !== null && lastFrameAt !== null && lastFrameAt - darkSince >= TOO_DARK_AFTER;
}

function afterFrame(light: Light, frame: Extract<LightEvent, { type: 'frame' }>): Light {
  const darkSince = darkSpell(light, frame);
  const seen = { ...light, darkSince, lastFrameAt: frame.at };
  const { automatic, hasTorch, torch } = light;
  if (!automatic || !hasTorch || torch || darkSince === null) return seen;
  return frame.at - darkSince >= LIT_AFTER ? { ...seen, torch: true, darkSince: frame.at } : seen;
}

/** Since when it is dark after this frame. A code that could be read needs no more light. */
function darkSpell(light: Light, frame: Extract<LightEvent, { type: 'frame' }>): number | null {
  if (frame.found || frame.brightness >= BRIGHT_FROM) return null;
  const { darkSince, lastFrameAt } = light;
  if (darkSince !== null && lastFrameAt !== null && frame.at - lastFrameAt <= GAP) return darkSince;
  return frame.brightness < DARK_BELOW ? frame.at : null;
}
