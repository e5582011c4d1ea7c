import { DataError, quoted } from '@mmolre/files';
import type { CorpusReader } from '../corpus-reader';
import { readTsvTable, type TableRow } from '../formats/table-file';
import { attempt } from '../problem';
import type { Sample } from '../sample';

// Sentences rated by people for VADER: Hutto & Gilbert, ICWSM 2014. https://github.com/cjhutto/vaderSentiment

const COLUMNS = ['id', 'rating', 'text'] as const;
/** From -4 .. 4 to -3 .. 3. */
const SCALE = 0.75;
const ENDING = '_GroundTruth.txt';

/** VADER's `*_GroundTruth.txt` files: text only, the mean rating times 0.75, all in `train`, as they have no splits of their own. */
export const vader: CorpusReader = {
  recognises: ({ files }) => [...files].some((file) => file.endsWith(ENDING)),
  read: async (folder, report) => {
    const samples: Sample[] = [];
    for (const file of [...folder.files].filter((name) => name.endsWith(ENDING)).sort()) {
      const lines = new Map<string, number>();
      const read = () => readTsvTable(folder, file, COLUMNS, report, { quoting: false });
      for (const row of (await attempt(report, file, undefined, read)) ?? []) {
        const sample = await attempt(report, file, row.line, () => parseRating(row, file, lines));
        if (sample) samples.push(sample);
      }
    }
    return samples;
  },
};

function parseRating(row: TableRow<(typeof COLUMNS)[number]>, file: string, lines: Map<string, number>): Sample {
  const { id, rating, text } = row.cells;
  if (id.trim() === '') throw new DataError(`${row.place}: expected an id, found ${quoted(id)}`, { kind: 'bad-row' });
  const value = /^-?\d+(\.\d+)?(e-?\d+)?$/i.test(rating) ? Number(rating) : Number.NaN;
  if (!(Math.abs(value) <= 4)) {
    const message = `${row.place}: expected a rating from -4 to 4, found ${quoted(rating)}`;
    throw new DataError(message, { kind: 'label-range' });
  }
  const before = lines.get(id);
  if (before !== undefined) {
    throw new DataError(`${row.place}: id ${quoted(id)} stands already in line ${before}`, { kind: 'duplicate-id' });
  }
  lines.set(id, row.line);
  const videoId = file.slice(file.lastIndexOf('/') + 1, -ENDING.length);
  return {
    id: `${videoId}/${id}`,
    videoId,
    clipId: id,
    split: 'train',
    // The files write a double quote as two apostrophes.
    text: text.replaceAll("''", '"'),
    sentiment: value * SCALE,
    origin: { file, line: row.line, sentiment: `${file}, line ${row.line}` },
  };
}
