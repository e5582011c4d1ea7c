import { csvText } from '@mmolre/files';
import { EMOTIONS, type Sample } from '../sample';

/** Something that a prepared folder does not hold. */
export type Skip = {
  /** Of the sample; empty for a row that could not be read. */
  id: string;
  file: string;
  line: number | undefined;
  reason: string;
};

const HEAD = ['video_id', 'clip_id', 'text', 'label', 'mode', ...EMOTIONS, 'audio', 'speaker', 'polarity', 'category'];

/**
 * A label.csv as `readDataset` reads it. `polarity` and `category` are what the corpus says beyond it.
 *
 * @param audio The column audio of each sample.
 */
export function labelCsv(samples: readonly Sample[], audio: (sample: Sample) => string | undefined): string {
  const rows = samples.map((sample) => [
    sample.videoId,
    sample.clipId,
    sample.text,
    sample.sentiment ?? '',
    sample.split,
    ...EMOTIONS.map((_, i) => sample.emotions?.[i] ?? ''),
    audio(sample) ?? '',
    sample.speaker ?? '',
    sample.polarity ?? '',
    sample.category ?? '',
  ]);
  return csvText([HEAD, ...rows]);
}

export const skipCsv = (skipped: readonly Skip[]) =>
  csvText([
    ['id', 'file', 'line', 'reason'],
    ...skipped.map(({ id, file, line, reason }) => [id, file, line ?? '', reason]),
  ]);
