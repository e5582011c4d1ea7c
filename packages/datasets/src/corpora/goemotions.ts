import { DataError, quoted } from '@mmolre/files';
import { type CorpusFolder, fileNamed } from '../corpus-folder';
import type { CorpusReader } from '../corpus-reader';
import { readTsvTable, type TableRow } from '../formats/table-file';
import { readTextFile } from '../formats/text-file';
import { attempt, problem, type Report } from '../problem';
import { type Emotion, emotionVector, type Polarity, type Sample, type Split } from './label-row';

// GoEmotions: Demszky et al., ACL 2020. The order of the 28 names and both groupings are the authors' own, published under CC BY 4.0.

const COLUMNS = ['text', 'emotions', 'id'] as const;
const PARTS = [
  { split: 'train', file: 'train.tsv' },
  { split: 'valid', file: 'dev.tsv' },
  { split: 'test', file: 'test.tsv' },
] as const;

/** The data set's emotions by their number: each one's class among the six, if it has one, and its polarity, if it has one. */
const GO_EMOTIONS: readonly (readonly [name: string, emotion?: Emotion, polarity?: Polarity])[] = [
  ['admiration', 'happiness', 'positive'],
  ['amusement', 'happiness', 'positive'],
  ['anger', 'anger', 'negative'],
  ['annoyance', 'anger', 'negative'],
  ['approval', 'happiness', 'positive'],
  ['caring', 'happiness', 'positive'],
  ['confusion', 'surprise'],
  ['curiosity', 'surprise'],
  ['desire', 'happiness', 'positive'],
  ['disappointment', 'sadness', 'negative'],
  ['disapproval', 'anger', 'negative'],
  ['disgust', 'disgust', 'negative'],
  ['embarrassment', 'sadness', 'negative'],
  ['excitement', 'happiness', 'positive'],
  ['fear', 'fear', 'negative'],
  ['gratitude', 'happiness', 'positive'],
  ['grief', 'sadness', 'negative'],
  ['joy', 'happiness', 'positive'],
  ['love', 'happiness', 'positive'],
  ['nervousness', 'fear', 'negative'],
  ['optimism', 'happiness', 'positive'],
  ['pride', 'happiness', 'positive'],
  ['realization', 'surprise'],
  ['relief', 'happiness', 'positive'],
  ['remorse', 'sadness', 'negative'],
  ['sadness', 'sadness', 'negative'],
  ['surprise', 'surprise'],
  ['neutral', undefined, 'neutral'],
];

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
      for (const row of await readTsvTable(folder, file, COLUMNS, report, { quoting: true })) {
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
  const { text } = await readTextFile(folder, file, report);
  text
    .trim()
    .split(/\r?\n/)
    .forEach((name, index) => {
      const expected = GO_EMOTIONS[index]?.[0];
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
  const found = emotions.split(',').map((number) => (/^\d+$/.test(number) ? GO_EMOTIONS[Number(number)] : undefined));
  if (found.includes(undefined)) {
    const message = `${row.place}: expected numbers from 0 to ${GO_EMOTIONS.length - 1} with commas between, found ${quoted(emotions)}`;
    throw new DataError(message, { kind: 'label-range' });
  }
  const known = found as (typeof GO_EMOTIONS)[number][];
  if (id.trim() === '') throw new DataError(`${row.place}: no id of the comment`, { kind: 'bad-row' });
  const place = `${file}, line ${row.line}`;
  const before = places.get(id);
  if (before)
    throw new DataError(`${row.place}: comment ${quoted(id)} stands already in ${before}`, { kind: 'duplicate-id' });
  places.set(id, place);
  const polarities = new Set(known.map(([, , polarity]) => polarity));
  const polarity = polarities.size === 1 ? [...polarities][0] : undefined;
  return {
    id: `${id}/1`,
    videoId: id,
    clipId: '1',
    split,
    text,
    emotions: emotionVector(...known.flatMap(([, emotion]) => emotion ?? [])),
    ...(polarity && { polarity }),
    category: known.map(([name]) => name).join(','),
    origin: { file, line: row.line, emotions: place, ...(polarity && { sentiment: place }) },
  };
}
