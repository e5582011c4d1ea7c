import { EMOTIONS, type Sample } from '../corpora/label-row';

/** Something that a prepared folder does not hold. */
export type Skip = {
  /** Of the sample; empty for a row that could not be read. */
  id: string;
  file: string;
  line: number | undefined;
  reason: string;
};

const HEAD = ['video_id', 'clip_id', 'text', 'label', 'mode', ...EMOTIONS, 'audio', 'polarity', 'category'];

/** A label.csv as `readDataset` reads it. `polarity` and `category` are what the corpus says beyond it. */
export function labelCsv(samples: readonly Sample[], recording: (sample: Sample) => string | undefined): string {
  const rows = samples.map((sample) => [
    sample.videoId,
    sample.clipId,
    sample.text,
    sample.sentiment ?? '',
    sample.split,
    ...EMOTIONS.map((_, i) => sample.emotions?.[i] ?? ''),
    recording(sample) ?? '',
    sample.polarity ?? '',
    sample.category ?? '',
  ]);
  return csv([HEAD, ...rows]);
}

export const skipCsv = (skipped: readonly Skip[]) =>
  csv([
    ['id', 'file', 'line', 'reason'],
    ...skipped.map(({ id, file, line, reason }) => [id, file, line ?? '', reason]),
  ]);

const csv = (rows: readonly (readonly (string | number)[])[]) =>
  rows.map((row) => `${row.map(cell).join(',')}\n`).join('');

function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) || text.trim() !== text ? `"${text.replaceAll('"', '""')}"` : text;
}
