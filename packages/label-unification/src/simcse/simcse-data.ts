import { readFile, stat } from 'node:fs/promises';
import { checkLoss, type ReadOptions, readCorpus, type Sample } from '@mmolre/datasets';
import { csvRecords, plainFile, quoted } from '@mmolre/files';

/** A sentence, one that follows from it, and one that contradicts it. */
export type Triplet = { premise: string; entailment: string; contradiction: string };

export type SimcseData =
  | { kind: 'unsupervised'; texts: readonly string[] }
  | { kind: 'supervised'; triplets: readonly Triplet[] };

/** What is trained on, and what is measured on. */
export type SimcseCorpus = {
  data: SimcseData;
  /** The validation samples of a corpus; where there are none, what is trained on. */
  measured: SimcseData;
  /** What `measured` is, in words. */
  measuredOn: string;
};

/** The texts of an item, first the anchor, then its positive, then its hard negative. */
export function viewsOf(data: SimcseData): string[][] {
  if (data.kind === 'unsupervised') return data.texts.map((text) => [text, text]);
  return data.triplets.map(({ premise, entailment, contradiction }) => [premise, entailment, contradiction]);
}

/**
 * Reads what to train a sentence encoder on: a data set's folder (its training samples, without supervision), a `.txt` file with a
 * sentence a line (without supervision), or a `.csv` file with columns premise, entailment, contradiction, or sent0, sent1, hard_neg
 * as in SimCSE's own file (supervised). Without supervision, a text that occurs twice is taken once: in a batch, the two would be pushed
 * apart.
 *
 * @throws One line that names the file, and the line where there is one.
 */
export async function readSimcseData(path: string, reading: ReadOptions = {}): Promise<SimcseCorpus> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new Error(`${path}: no such file or folder; expected a data set, a .txt or a .csv file`);
  if (found.isDirectory()) return readTexts(path, reading);
  const text = await readFile(plainFile(path), 'utf8');
  if (/\.csv$/i.test(path)) return sameFor({ kind: 'supervised', triplets: parseTriplets(text, path) }, 'triplets');
  if (/\.txt$/i.test(path))
    return sameFor({ kind: 'unsupervised', texts: distinct(text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) }, 'lines');
  throw new Error(`${path}: expected a data set's folder, a .txt file of sentences or a .csv file of triplets`);
}

const sameFor = (data: SimcseData, what: string): SimcseCorpus => ({
  data,
  measured: data,
  measuredOn: `the ${what} trained on`,
});

async function readTexts(folder: string, reading: ReadOptions): Promise<SimcseCorpus> {
  const corpus = await readCorpus(folder, reading);
  checkLoss(corpus, reading, false);
  const { samples } = corpus;
  const textsOf = (split: Sample['split']) =>
    distinct(samples.filter((sample) => sample.split === split).map(({ text }) => text));
  const [train, valid] = [textsOf('train'), textsOf('valid')];
  if (train.length < 2)
    throw new Error(`${folder}: expected training samples with different texts, found ${train.length}`);
  const data: SimcseData = { kind: 'unsupervised', texts: train };
  if (valid.length < 2) return sameFor(data, 'training texts');
  return { data, measured: { kind: 'unsupervised', texts: valid }, measuredOn: 'the validation texts' };
}

/** Each text that says something, once, in order. */
const distinct = (texts: readonly string[]) => [
  ...new Set(texts.map((text) => text.trim()).filter((text) => text !== '')),
];

const COLUMNS = ['premise', 'entailment', 'contradiction'] as const;
/** What SimCSE's own file calls them. */
const THEIR_COLUMNS = ['sent0', 'sent1', 'hard_neg'] as const;

/** @param name What error messages call the file. */
export function parseTriplets(text: string, name: string): Triplet[] {
  const [head, ...rows] = csvRecords(text, (reason, line) => {
    throw new Error(`${name}, line ${line}: expected CSV: ${reason}`);
  });
  const columns = [COLUMNS, THEIR_COLUMNS].find((names) => names.every((column) => head?.cells.includes(column)));
  if (!columns) {
    const found = head?.cells.map((cell) => cell.slice(0, 40)).join(', ') || 'nothing';
    throw new Error(
      `${name}, line 1: expected columns ${COLUMNS.join(', ')} (or ${THEIR_COLUMNS.join(', ')}), found ${quoted(found)}`,
    );
  }
  const places = columns.map((column) => head!.cells.indexOf(column));
  const triplets = rows.map(({ cells, line }): Triplet => {
    if (cells.length !== head!.cells.length)
      throw new Error(`${name}, line ${line}: expected ${head!.cells.length} cells, found ${cells.length}`);
    const [premise, entailment, contradiction] = places.map((place, i) => {
      const cell = cells[place]!.trim();
      if (cell === '') throw new Error(`${name}, line ${line}, column ${columns[i]}: expected a text, found nothing`);
      return cell;
    });
    return { premise: premise!, entailment: entailment!, contradiction: contradiction! };
  });
  if (triplets.length < 2) throw new Error(`${name}: expected at least 2 triplets, found ${triplets.length}`);
  return triplets;
}
