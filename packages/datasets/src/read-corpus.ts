import { DataError } from '@mmolre/files';
import { chSims } from './corpora/ch-sims';
import { cremaD } from './corpora/crema-d';
import { emoDb } from './corpora/emodb';
import { goEmotions } from './corpora/goemotions';
import { iemocap } from './corpora/iemocap';
import { readLabelFile } from './corpora/label-folder';
import { meld } from './corpora/meld';
import { mmsaFeatures } from './corpora/mmsa-pickle';
import { withMoseiEmotions } from './corpora/mosei-emotions';
import { mosiRaw } from './corpora/mosi-raw';
import { sdkFolder } from './corpora/sdk';
import { vader } from './corpora/vader';
import { type CorpusFolder, type FolderOptions, fileNamed, openCorpusFolder, shownFile } from './corpus-folder';
import type { CorpusReader } from './corpus-reader';
import { groupLine, groupProblems } from './group-problems';
import {
  attempt,
  costOf,
  countLost,
  isTooMuch,
  type Loss,
  MAX_LOST,
  type Problem,
  problem,
  type Report,
} from './problem';
import type { Sample } from './sample';

/** label.csv and recordings; where a MOSEI label file lies beside it, its emotions are joined by time. */
const labelFolder: CorpusReader = {
  recognises: ({ files, others }) => files.has('label.csv') || others.has('label.csv'),
  read: async (folder, report) => withMoseiEmotions(folder, await readLabelFile(folder, report), report),
};

/** Every layout, in the order in which they are tried. */
const LAYOUTS = {
  'ch-sims': { reader: chSims, looksLike: 'label.csv' },
  'label-folder': { reader: labelFolder, looksLike: 'label.csv' },
  'mosi-raw': { reader: mosiRaw, looksLike: 'Labels/OpinionLevelSentiment.csv' },
  meld: { reader: meld, looksLike: 'train_sent_emo.csv' },
  iemocap: { reader: iemocap, looksLike: 'Session1/dialog/transcriptions' },
  goemotions: { reader: goEmotions, looksLike: 'train.tsv' },
  vader: { reader: vader, looksLike: '*_GroundTruth.txt' },
  sdk: { reader: sdkFolder, looksLike: '*Labels.csd' },
  'mmsa-features': { reader: mmsaFeatures, looksLike: '*.pkl' },
  emodb: { reader: emoDb, looksLike: 'wav/03a01Fa.wav' },
  'crema-d': { reader: cremaD, looksLike: 'AudioWAV/1001_DFA_ANG_XX.wav' },
} as const;

export type Layout = keyof typeof LAYOUTS;

/** A data set as it was found. */
export type Corpus = {
  layout: Layout;
  folder: CorpusFolder;
  samples: Sample[];
  problems: Problem[];
};

/** The layout of a folder by the names in it. @throws DataError if it is none that is known. */
export function recogniseLayout(folder: CorpusFolder): Layout {
  for (const [layout, { reader }] of Object.entries(LAYOUTS)) if (reader.recognises(folder)) return layout as Layout;
  const expected = [...new Set(Object.values(LAYOUTS).map(({ looksLike }) => looksLike))];
  const deeper = fileNamed(folder, 'label.csv');
  if (deeper)
    throw new DataError(`${folder.shown}: no label.csv; ${shownFile(folder, deeper)} is there: name its folder`);
  for (const [layout, { reader }] of Object.entries<{ reader: CorpusReader }>(LAYOUTS)) {
    const lacking = reader.lacks?.(folder);
    if (lacking) throw new DataError(`${folder.shown}: looks like ${layout}, but for ${lacking}`);
  }
  throw new DataError(`${folder.shown}: no data set that is known; expected one of ${expected.join(', ')}`);
}

/** How a data set's folder is read. */
export type ReadOptions = FolderOptions & {
  /** Per cent of the samples that may be lost to files, rows and recordings that cannot be read; 1 if left out. */
  maxLost?: number | undefined;
};

/**
 * Reads a data set in any known layout. A file or a row that cannot be read costs itself alone: it is listed in `problems`.
 *
 * @throws DataError if the folder is none, or of no known layout.
 */
export async function readCorpus(path: string, options: FolderOptions = {}): Promise<Corpus> {
  const folder = await openCorpusFolder(path, options);
  const layout = recogniseLayout(folder);
  const problems: Problem[] = [];
  const report: Report = (found) => problems.push(found);
  for (const { path: below, reason } of folder.unreadable)
    report(problem('unreadable', below, undefined, `${shownFile(folder, below)}: ${reason}`));
  const samples = await attempt(report, '', undefined, () => LAYOUTS[layout].reader.read(folder, report));
  return { layout, folder, samples: samples ?? [], problems };
}

/**
 * Ends it where nothing is left of a data set, or too much is lost.
 *
 * @param spoken Whether a sample without its recording is lost; false where texts are all that is asked for.
 * @returns How much is.
 * @throws DataError with the first thing that is lost, and how much is.
 */
export function checkLoss(
  { folder, samples, problems }: Corpus,
  { maxLost = MAX_LOST }: ReadOptions,
  spoken: boolean,
): Loss {
  const costly = problems.filter((found) => costOf(found));
  if (samples.length > 0) {
    const loss = countLost(samples, problems, spoken);
    refuseLoss(costly, maxLost, loss);
    return loss;
  }
  const [first] = groupProblems(costly);
  throw new DataError(first ? groupLine(first) : `${folder.shown}: no samples`, { kind: first?.kind ?? 'unreadable' });
}

/** @throws DataError if more is lost than allowed. */
export function refuseLoss(problems: readonly Problem[], maxLost: number, loss: Loss): void {
  if (!isTooMuch(loss, maxLost)) return;
  const { lost, of } = loss;
  const causes = groupProblems(problems);
  const first = causes.find(({ severity }) => severity === 'error') ?? causes[0]!;
  const others = causes.length > 1 ? `, and ${causes.length - 1} more` : '';
  const told = `${lost} of ${of} samples are lost, and --max-lost allows ${maxLost} %; data validate lists them`;
  throw new DataError(`${groupLine(first)}${others}: ${told}`, { kind: first.kind });
}
