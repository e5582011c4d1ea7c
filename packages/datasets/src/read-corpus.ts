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
import { type CorpusFolder, fileNamed, openCorpusFolder, shownFile } from './corpus-folder';
import type { CorpusReader } from './corpus-reader';
import { attempt, type Problem, type Report, stopAtFirst } from './problem';
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
  const hint = deeper ? `; ${shownFile(folder, deeper)} is there: name its folder` : '';
  throw new DataError(`${folder.shown}: no data set that is known; expected one of ${expected.join(', ')}${hint}`);
}

/**
 * Reads a data set in any known layout. What is wrong with it is listed in `problems`, and the samples concerned are left out.
 *
 * @throws DataError if the folder is none, or of no known layout.
 */
export const readCorpus = (path: string): Promise<Corpus> => read(path, () => {});

/** The same, but @throws DataError at the first error; `problems` are warnings. */
export const readStrictly = (path: string): Promise<Corpus> => read(path, stopAtFirst);

async function read(path: string, hear: Report): Promise<Corpus> {
  const folder = await openCorpusFolder(path);
  const layout = recogniseLayout(folder);
  const problems: Problem[] = [];
  const report: Report = (found) => {
    hear(found);
    problems.push(found);
  };
  const samples = await attempt(report, '', undefined, () => LAYOUTS[layout].reader.read(folder, report));
  return { layout, folder, samples: samples ?? [], problems };
}
