import { DataError, quoted } from '@mmolre/files';
import { type CorpusFolder, fileNamed } from '../corpus-folder';
import type { CorpusReader } from '../corpus-reader';
import { readTsvTable, type TableRow } from '../formats/table-file';
import { readTextFile } from '../formats/text-file';
import { attempt, problem, type Report } from '../problem';
import { emotionVector, type Sample, type Split } from '../sample';
import { emotionsIn, GOEMOTIONS_POLARITY, GOEMOTIONS_VOCABULARY, polarityIn } from '../vocabularies';

// GoEmotions: Demszky et al., ACL 2020. Published under CC BY 4.0.

const COLUMNS = ['text', 'emotions', 'id'] as const;
const PARTS = [
  { split: 'train', file: 'train.tsv' },
  { split: 'valid', file: 'dev.tsv' },
  { split: 'test', file: 'test.tsv' },
] as const;

/** The data set's words by their number. */
const WORDS = Object.keys(GOEMOTIONS_VOCABULARY);

/**
 * GoEmotions' `train.tsv`, `dev.tsv` and `test.tsv`, as many as there are; texts with quotes in them are quoted as in CSV. Text only; its 27
 * emotions become the six by the authors' Ekman groups, and a comment has a polarity if all its emotions have that one.
 */
export const goEmotions: CorpusReader = {
  recognises: (folder) => PARTS.some(({ file }) => fileNamed(folder, file)),
  read: async (folder, report) => {
    await checkNames(folder, report);
    const samples: Sample[] = [];
    const places = new Map<string, string>();
    for (const { split, file: name } of PARTS) {
      const file = fileNamed(folder, name);
      if (!file) continue;
      const read = () => readTsvTable(folder, file, COLUMNS, report, { quoting: true });
      for (const row of (await attempt(report, file, undefined, read)) ?? []) {
        const sample = await attempt(report, file, row.line, () => parseComment(row, split, file, places));
        if (sample) samples.push(sample);
      }
    }
    return samples;
  },
};

async function checkNames(folder: CorpusFolder, report: Report): Promise<void> {
  const file = fileNamed(folder, 'emotions.txt');
  if (!file) return;
  const content = await attempt(report, file, undefined, () => readTextFile(folder, file, report));
  (content?.text ?? WORDS.join('\n'))
    .trim()
    .split(/\r?\n/)
    .forEach((name, index) => {
      const expected = WORDS[index];
      if (name.trim() === expected || (expected === undefined && name.trim() === '')) return;
      const message = `${folder.shown}/${file}, line ${index + 1}: expected ${expected ?? 'no more'}, found ${quoted(name)}`;
      report(problem('mismatch', file, index + 1, message, 'error'));
    });
}

function parseComment(
  row: TableRow<(typeof COLUMNS)[number]>,
  split: Split,
  file: string,
  places: Map<string, string>,
): Sample {
  const { text, emotions, id } = row.cells;
  const words = emotions.split(',').flatMap((number) => (/^\d+$/.test(number) ? (WORDS[Number(number)] ?? []) : []));
  if (words.length < emotions.split(',').length) {
    const message = `${row.place}: expected numbers from 0 to ${WORDS.length - 1} with commas between, found ${quoted(emotions)}`;
    throw new DataError(message, { kind: 'label-range' });
  }
  if (id.trim() === '') throw new DataError(`${row.place}: no id of the comment`, { kind: 'bad-row' });
  const place = `${file}, line ${row.line}`;
  const before = places.get(id);
  if (before)
    throw new DataError(`${row.place}: comment ${quoted(id)} stands already in ${before}`, { kind: 'duplicate-id' });
  places.set(id, place);
  const polarity = polarityIn(GOEMOTIONS_POLARITY, ...words);
  return {
    id: `${id}/1`,
    videoId: id,
    clipId: '1',
    split,
    text,
    emotions: emotionVector(...emotionsIn(GOEMOTIONS_VOCABULARY, ...words)!),
    ...(polarity && { polarity }),
    category: words.join(','),
    origin: { file, line: row.line, emotions: place, ...(polarity && { sentiment: place }) },
  };
}
