import { SAMPLE_RATE } from '@mmolre/encoders';
import { PitchDetector } from 'pitchy';

const WINDOW = 1024;
const HOP = 320;
/** Of human voices, in Hz. */
const [LOWEST, HIGHEST] = [60, 500];
/** How much a frame repeats itself, 0 .. 1, to count as voiced. */
const CLEAR = 0.7;

const detector = PitchDetector.forFloat32Array(WINDOW);

/** F0 in Hz of each 64 ms, every 20 ms, by McLeod's method; 0 where there is no voice. At least one frame. */
export function pitchOf(clip: Float32Array): number[] {
  const padded = new Float32Array(Math.max(WINDOW, clip.length));
  padded.set(clip);
  return Array.from({ length: Math.floor((padded.length - WINDOW) / HOP) + 1 }, (_, t) => {
    const [hz, clarity] = detector.findPitch(padded.subarray(t * HOP, t * HOP + WINDOW), SAMPLE_RATE);
    return clarity >= CLEAR && hz >= LOWEST && hz <= HIGHEST ? hz : 0;
  });
}
