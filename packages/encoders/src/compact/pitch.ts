import { PitchDetector } from 'pitchy';
import { SAMPLE_RATE } from './log-mel';

/** Half of the samples are enough for voices, and twice as fast. */
const RATE = SAMPLE_RATE / 2;
const WINDOW = 512;
const HOP = 160;
/** Of human voices, in Hz. */
const [LOWEST, HIGHEST] = [60, 500];
/** How much a frame repeats itself, 0 .. 1, to count as voiced. */
const CLEAR = 0.7;

const detector = PitchDetector.forFloat32Array(WINDOW);

/**
 * F0 in Hz of each 64 ms, every 20 ms, by McLeod's method; 0 where there is no voice. At least one frame.
 *
 * @param clip Samples at 16 kHz.
 */
export function pitchOf(clip: Float32Array): number[] {
  const halved = new Float32Array(Math.max(WINDOW, clip.length >> 1));
  for (let i = 0; i < clip.length >> 1; i++) halved[i] = (clip[2 * i]! + clip[2 * i + 1]!) / 2;
  return Array.from({ length: Math.floor((halved.length - WINDOW) / HOP) + 1 }, (_, t) => {
    const [hz, clarity] = detector.findPitch(halved.subarray(t * HOP, t * HOP + WINDOW), RATE);
    return clarity >= CLEAR && hz >= LOWEST && hz <= HIGHEST ? hz : 0;
  });
}
