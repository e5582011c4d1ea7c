import { readAudio, readAudioInfo } from '@mmolre/audio';
import type { ProblemKind } from '@mmolre/files';

/** What is worth a look about sound that can be read. */
export type AudioRemark = {
  kind: Extract<ProblemKind, 'short-audio' | 'silent-audio' | 'clipped-audio' | 'offset-audio'>;
  /** Such as `silence: nothing in it is louder than -60 dBFS`. */
  message: string;
};

const MIN_SECONDS = 0.05;
/** -60 dBFS, half the distance between the lowest and the highest sample: a constant is silence at any level. */
const SILENT = 0.001;
const MAX_OFFSET = 0.05;

// Clipped sound stays at one value where the wave would go on: 0.3 ms for each of many waves. A clean recording that was made as loud as possible
// touches its highest value once or twice, in 8 bits for a few samples. Full scale begins below 1, as mu-law ends at 0.980, A-law at 0.984.
const FULL_SCALE = 0.97;
const MIN_RUN = 5;
const MIN_RUNS = 10;

export type HeardRecording = { seconds: number; sampleRate: number; samples: Float32Array; remark?: AudioRemark };

/** Decodes a recording at its own rate, where clipping is still seen. @throws DataError as `readAudio` does. */
export async function hearRecording(path: string, maxSeconds: number): Promise<HeardRecording> {
  const { sampleRate } = await readAudioInfo(path, { maxSeconds });
  const samples = await readAudio(path, { maxSeconds, sampleRate });
  const remark = audioRemark(samples, sampleRate);
  return { seconds: samples.length / sampleRate, sampleRate, samples, ...(remark && { remark }) };
}

/**
 * The first of these that is true: shorter than 0.05 s; silent, when no sample is further than 0.001 (-60 dBFS) from the middle; clipped, when
 * at least ten times five samples or more in a row have one value at 0.97 of full scale or beyond; off centre by more than 0.05 in the mean.
 *
 * @param samples At the rate of the recording: resampled, they are no longer flat where they were clipped.
 */
export function audioRemark(samples: Float32Array, sampleRate: number): AudioRemark | undefined {
  const seconds = samples.length / sampleRate;
  if (seconds < MIN_SECONDS) {
    const unit = samples.length === 1 ? 'sample' : 'samples';
    return { kind: 'short-audio', message: `only ${seconds.toFixed(4)} seconds of sound, ${samples.length} ${unit}` };
  }
  const { lowest, highest, mean, flatRuns } = measure(samples);
  if ((highest - lowest) / 2 < SILENT)
    return { kind: 'silent-audio', message: 'silence: nothing in it is louder than -60 dBFS' };
  if (flatRuns >= MIN_RUNS) {
    const message = `clipped: it stays at full scale for ${MIN_RUN} samples or more in ${flatRuns} places`;
    return { kind: 'clipped-audio', message };
  }
  if (Math.abs(mean) <= MAX_OFFSET) return undefined;
  return { kind: 'offset-audio', message: `off centre: its mean is ${mean.toFixed(3)}, expected about 0` };
}

function measure(samples: Float32Array) {
  let [lowest, highest, sum, flatRuns, run] = [samples[0]!, samples[0]!, 0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    sum += value;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    run = Math.abs(value) < FULL_SCALE ? 0 : value === samples[i - 1] ? run + 1 : 1;
    if (run === MIN_RUN) flatRuns += 1;
  }
  return { lowest, highest, mean: sum / samples.length, flatRuns };
}
