import { basename, join } from 'node:path';
import {
  type Corpus,
  checkLoss,
  groupLine,
  groupProblems,
  type ReadOptions,
  readCorpus,
  type Sample,
  SPLITS,
  type Split,
} from '@mmolre/datasets';
import type { Pooling } from '@mmolre/encoders';
import { cacheFolder } from '@mmolre/files';
import { type Donors, donorsOf, targetsOf } from './donors';
import { MINILM } from './models';
import { loadSentences } from './pretrained-sentences';
import { agreementLine, type IndexAgreement } from './search/index-agreement';
import { type IndexChoice, indexOf } from './search/index-choice';
import type { SentenceEncoderOptions } from './sentence-encoder';
import type { SourceFolder } from './source-folder';
import type { SentenceEncoder, SourceSample, TargetSample, UnifiedLabel } from './types';
import { unifiedCsv } from './unified-csv';
import { type Rule, unifyLabels } from './unify-labels';
import { unifyReport } from './unify-report';

export type SentencesOptions = {
  /** A folder, `hf:owner/name`, or `pip:minilm`. */
  model: string;
  /** pooler by default, and mean for pip:minilm. */
  pooling?: Pooling | undefined;
  /** Where texts' vectors are kept: in the user's cache folder by default; false: nowhere. */
  cache?: string | false | undefined;
};

/** How labels are found. */
export type FindLabelsOptions = SentencesOptions & {
  rule: Rule;
  top: number;
  threshold?: number | undefined;
  /** Where sources are searched: in memory by default. */
  index?: IndexChoice | undefined;
  /** Takes a line about what is done. */
  log: (line: string) => void;
  /** Others that find the same labels, and share the reading of the texts. */
  together?: SentenceEncoderOptions['together'];
};

export type SourcesOptions = ReadOptions & {
  sources: readonly SourceFolder[];
  /** Search only these; all by default. */
  sourceSplits?: readonly Split[] | undefined;
};

export type UnifyFoldersOptions = FindLabelsOptions &
  SourcesOptions & {
    /** Label validation and test samples too: such labels know the gold polarity. */
    evaluation?: boolean;
  };

/** The labels, and the two files that hold them and tell of them. */
export type UnifiedFolders = FoundLabels & { csv: string; html: string };

export type FoundLabels = {
  labels: UnifiedLabel[];
  /** With exact search; undefined where that was used. */
  agreement: IndexAgreement | undefined;
};

/**
 * Makes labels for a data set from folders of others.
 *
 * @throws One line for people: no target has a sentiment, or a source is not there, is named twice, or is the targets themselves.
 */
export async function unifyFolders(
  { folder, samples }: { folder: string; samples: readonly Sample[] },
  options: UnifyFoldersOptions,
): Promise<UnifiedFolders> {
  const { evaluation = false, rule, top, threshold, sourceSplits, model, log } = options;
  const { targets, leftOut } = targetsOf(samples, evaluation ? SPLITS : ['train']);
  if (targets.length === 0)
    throw new Error(`${folder}: no ${evaluation ? '' : 'training '}sample has a sentiment; nothing to label`);
  // Other splits of the targets' own data set would leak into training.
  const sets = await readSources(options, { folder, splits: SPLITS, instead: 'name another data set' }, log);
  const found = await findLabels(
    targets,
    sets.flatMap(({ donors }) => donors.sources),
    options,
  );
  const settings: [string, string][] = [
    [
      'targets',
      `${basename(folder)}: ${targets.length} samples${leftOut > 0 ? `; ${leftOut} without sentiment left out` : ''}`,
    ],
    ...sets.map(({ name, donors }): [string, string] => [`source ${name}`, setLine(donors)]),
    ['source splits', sourceSplits?.join(', ') ?? 'all'],
    ['model', `${model.startsWith('hf:') ? model : basename(model)}, pooling ${poolingOf(options)}`],
    ['rule', `${rule}, top ${top}, threshold ${threshold ?? 'none'}`],
    ['search', searchLine(options.index, found.agreement)],
    ['validation and test samples', evaluation ? 'labelled too, as asked for' : 'not labelled'],
  ];
  return { ...found, csv: unifiedCsv(found.labels), html: unifyReport(found.labels, { settings }) };
}

/** The labels of these targets, by the model, the rule and the index that the options name. */
export async function findLabels(
  targets: readonly TargetSample[],
  sources: readonly SourceSample[],
  options: FindLabelsOptions,
): Promise<FoundLabels> {
  const { rule, top, threshold, index, log } = options;
  let agreement: IndexAgreement | undefined;
  const createIndex = index && (await indexOf(index));
  const labels = await unifyLabels(targets, sources, {
    encoder: await openSentences(options),
    rule,
    top,
    ...(threshold !== undefined && { threshold }),
    onProgress: progressLines(log),
    ...(createIndex && {
      createIndex,
      onAgreement: (found) => {
        agreement = found;
        log(`index: ${agreementLine(found)}`);
      },
    }),
  });
  return { labels, agreement };
}

function searchLine(index: IndexChoice | undefined, agreement: IndexAgreement | undefined): string {
  if (!index || index.kind === 'exact') return 'exact, in memory';
  const how = index.kind === 'lancedb' ? 'LanceDB, every row' : 'LanceDB, approximate';
  return agreement ? `${how}; ${agreementLine(agreement)}` : how;
}

/** The sentence encoder that options name; its weights are fetched if need be. */
async function openSentences(options: FindLabelsOptions): Promise<SentenceEncoder> {
  const { model, cache, log, together } = options;
  return loadSentences(model, {
    log,
    together,
    pooling: poolingOf(options),
    ...(cache !== false && { cache: { folder: cache ?? join(cacheFolder(), 'sentences'), warn: log } }),
  });
}

const poolingOf = ({ model, pooling }: SentencesOptions): Pooling => pooling ?? (model === MINILM ? 'mean' : 'pooler');

/** The source sets. A set that is the targets' own data set must not give them themselves. */
export async function readSources(
  { sources, sourceSplits, ...reading }: SourcesOptions,
  targets: { folder: string; splits: readonly Split[] /** What to do then. */; instead: string },
  log: (line: string) => void,
): Promise<{ name: string; donors: Donors }[]> {
  const sets: { name: string; donors: Donors }[] = [];
  for (const { name: given, folder } of sources) {
    const corpus = await readReported(folder, reading, log);
    const name = given ?? (corpus.layout === 'label-folder' ? basename(corpus.folder.root) : corpus.layout);
    if (sets.some((set) => set.name === name))
      throw new Error(`source ${folder}: there is a source '${name}' already; write another name=folder`);
    const shared = targets.splits.filter((split) => (sourceSplits ?? SPLITS).includes(split));
    if (corpus.folder.root === targets.folder && shared.length > 0) {
      throw new Error(`source ${folder}: these are the targets themselves (${shared.join(', ')}); ${targets.instead}`);
    }
    const donors = donorsOf(corpus, { name, ...(sourceSplits && { splits: sourceSplits }) });
    log(`source ${name}: ${setLine(donors)}`);
    sets.push({ name, donors });
  }
  return sets;
}

const setLine = ({ sources, leftOut }: Donors) =>
  `${sources.length} samples${leftOut > 0 ? `; ${leftOut} without polarity or emotions left out` : ''}`;

/** A data set, for its texts; what is wrong with it is said. @throws DataError if nothing is left, or too much is lost. */
export async function readReported(folder: string, reading: ReadOptions, log: (line: string) => void): Promise<Corpus> {
  const corpus = await readCorpus(folder, reading);
  checkLoss(corpus, reading, false);
  for (const group of groupProblems(corpus.problems.filter(({ severity }) => severity === 'error')))
    log(`left out: ${groupLine(group)}`);
  return corpus;
}

/** A line at most every ten seconds, and one at the end of work that took long. */
function progressLines(log: (line: string) => void) {
  let [last, shown] = [Date.now(), ''];
  return (what: string, done: number, total: number) => {
    if (Date.now() - last < 10_000 && !(done === total && shown === what)) return;
    [last, shown] = [Date.now(), what];
    log(`reading ${what}: ${done}/${total} texts`);
  };
}
