import { DataError } from '@mmolre/files';
import type { FolderOptions } from '../corpus-folder';
import { countLost, type Loss, type Problem } from '../problem';
import { type Corpus, type Layout, readCorpus } from '../read-corpus';
import type { Split } from '../sample';
import { checkRecordings, checkUse, type RecordingLengths, type RecordingOptions } from './check-recordings';
import { countSamples, splitsOf } from './count-samples';
import { identifyCorpus } from './identify';
import { checkLeakage } from './leakage';
import { CORPORA, type CorpusName, type Counts, PUBLISHED } from './published';
import { checkSameClips } from './same-clips';
import { valueProblems } from './values';

export type InspectOptions = FolderOptions & {
  /** What it is taken for; found out if left out. */
  corpus?: CorpusName;
};

/** One line of the table of counts. */
export type CountRow = { kind: string; found: Required<Counts>; published: Counts };

/** What a folder is, what is in it, and what is wrong with it. */
export type Inspection = {
  folder: string;
  layout: Layout;
  corpus: CorpusName | undefined;
  /** The splits that have samples. */
  splits: Split[];
  counts: CountRow[];
  /** Of the recordings, after their headers were read. */
  lengths?: RecordingLengths;
  problems: Problem[];
  /** What cannot be read: rows, files and, where they are looked for, recordings. */
  loss: Loss;
};

/** Says what a folder is, counts it beside what was published, and lists problems of its labels. No recording is opened. */
export async function inspectFolder(path: string, options: InspectOptions = {}): Promise<Inspection> {
  return inspectCorpus(await readCorpus(path, options), options);
}

/** As {@link inspectFolder}, and reads the header of each recording, or with `deep` the whole of it. */
export async function validateFolder(
  path: string,
  options: InspectOptions & RecordingOptions = {},
): Promise<Inspection> {
  const corpus = await readCorpus(path, options);
  const inspection = inspectCorpus(corpus, options);
  await checkSameClips(corpus, (found) => inspection.problems.push(found), options.signal);
  const lengths = await checkRecordings(corpus, (found) => inspection.problems.push(found), options);
  const problems = sorted(inspection.problems);
  const loss = countLost(corpus.samples, problems, true);
  return { ...inspection, ...(lengths.recordings > 0 && { lengths }), problems, loss };
}

function inspectCorpus(corpus: Corpus, { corpus: named }: InspectOptions = {}): Inspection {
  if (named && !CORPORA.includes(named))
    throw new DataError(`corpus: expected one of ${CORPORA.join(', ')}, found ${named}`);
  const name = named ?? identifyCorpus(corpus);
  const problems = [...corpus.problems, ...valueProblems(corpus, name)];
  const report = (found: Problem) => problems.push(found);
  checkLeakage(corpus, report);
  if (corpus.samples.length > 0) checkUse(corpus, name, report); // else the cause is told already
  const published = name ? PUBLISHED[name] : {};
  const counts = [...countSamples(corpus.samples)].map(([kind, found]) => ({
    kind,
    found,
    published: published[kind] ?? {},
  }));
  return {
    folder: corpus.folder.shown,
    layout: corpus.layout,
    corpus: name,
    splits: splitsOf(corpus.samples),
    counts,
    problems: sorted(problems),
    loss: countLost(corpus.samples, problems, true),
  };
}

/** Errors first, then by file and line. */
const sorted = (problems: Problem[]) =>
  problems.toSorted(
    (a, b) =>
      Number(a.severity === 'warning') - Number(b.severity === 'warning') ||
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      (a.line ?? 0) - (b.line ?? 0),
  );
