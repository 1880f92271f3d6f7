/** How a result is felt and heard: two tones up, two tones the same, one long low. */
export type SignalTone = 'yes' | 'caution' | 'no';

interface Pattern {
  /** Frequency in Hz, start and length in seconds. */
  notes: readonly { frequency: number; from: number; length: number }[];
  wave: OscillatorType;
  /** ms on, off, on … */
  vibration: readonly number[];
}

const patterns: Record<SignalTone, Pattern> = {
  yes: {
    notes: [
      { frequency: 880, from: 0, length: 0.1 },
      { frequency: 1319, from: 0.11, length: 0.18 },
    ],
    wave: 'sine',
    vibration: [80],
  },
  caution: {
    notes: [
      { frequency: 660, from: 0, length: 0.12 },
      { frequency: 660, from: 0.2, length: 0.12 },
    ],
    wave: 'triangle',
    vibration: [80, 80, 80],
  },
  no: {
    notes: [
      { frequency: 233, from: 0, length: 0.2 },
      { frequency: 175, from: 0.22, length: 0.4 },
    ],
    wave: 'sawtooth',
    vibration: [350, 100, 350],
  },
};

/** Sounds and vibrations made on the spot, so that there is no file to load. */
export class Signals {
  #audio: AudioContext | null = null;

  /** Call from a tap or key: browsers let a page sound only after one. */
  unlock(): void {
    try {
      this.#audio ??= new AudioContext();
      void this.#audio.resume().catch(() => undefined);
    } catch {
      // No audio on this device: colour, word and vibration remain.
    }
  }

  give(tone: SignalTone, sound: boolean): void {
    const pattern = patterns[tone];
    if ('vibrate' in navigator) navigator.vibrate([...pattern.vibration]);
    if (sound && this.#audio?.state === 'running') this.#play(this.#audio, pattern);
  }

  #play(audio: AudioContext, { notes, wave }: Pattern): void {
    const gain = audio.createGain();
    gain.gain.value = 0.25;
    gain.connect(audio.destination);
    for (const { frequency, from, length } of notes) {
      const oscillator = audio.createOscillator();
      oscillator.type = wave;
      oscillator.frequency.value = frequency;
      oscillator.connect(gain);
      oscillator.start(audio.currentTime + from);
      oscillator.stop(audio.currentTime + from + length);
    }
  }

  close(): void {
    void this.#audio?.close().catch(() => undefined);
    this.#audio = null;
  }
}
