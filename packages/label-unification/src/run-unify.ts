import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BackendName, cacheRoot, requestedBackend, useBackend } from '@mmolre/backend';
import { type Corpus, readCorpus, SPLITS, type Split } from '@mmolre/datasets';
import { fetchMiniLm, type Pooling } from '@mmolre/encoders';
import { type AgreementReport, agreement } from './agreement';
import { agreementTable } from './agreement-table';
import { type Donors, donorsOf, targetsOf } from './donors';
import { MINILM } from './models';
import { loadSentences } from './pretrained-sentences';
import type { SentenceEncoder, SourceSample, TargetSample, UnifiedLabel } from './types';
import { unifiedCsv } from './unified-csv';
import { type Rule, unifyLabels } from './unify-labels';
import { unifyReport } from './unify-report';
import { EVALUATION_WARNING } from './with-unified-labels';

/** A source set: its name, or undefined for the one its layout has, and its folder. */
export type SourceArgument = { name: string | undefined; folder: string };

/** What both commands are told. */
export type UnifyArguments = {
  targets?: string;
  source?: SourceArgument[];
  sourceSplits?: Split[];
  model: string;
  pooling?: Pooling;
  rule: Rule;
  top: number;
  threshold?: number;
  /** false: nothing is kept. */
  cache?: string | boolean;
  backend?: BackendName;
  json?: boolean;
};

const say = (line: string) => process.stderr.write(`${line}\n`);

/** Makes the labels and the report. */
export async function runUnify(options: UnifyArguments & { evaluationSplits?: boolean; out: string; report?: string }) {
  const { evaluationSplits, out, json } = options;
  const folder = targetFolder(options);
  const report = options.report ?? `${out.replace(/\.csv$/i, '')}.html`;
  const corpus = await readReported(folder);
  const { targets, leftOut } = targetsOf(corpus.samples, evaluationSplits ? SPLITS : ['train']);
  if (targets.length === 0)
    throw new Error(`${folder}: no ${evaluationSplits ? '' : 'training '}sample has a sentiment; nothing to label`);
  const sets = await readSources(options, {
    folder: corpus.folder.root,
    splits: evaluationSplits ? SPLITS : ['train'],
  });
  const labels = await unified(
    options,
    targets,
    sets.flatMap(({ donors }) => donors.sources),
  );
  await writeFile(out, unifiedCsv(labels));
  const settings: [string, string][] = [
    [
      'targets',
      `${basename(folder)}: ${targets.length} samples${leftOut > 0 ? `; ${leftOut} without sentiment left out` : ''}`,
    ],
    ...sets.map(({ name, donors }): [string, string] => [`source ${name}`, setLine(donors)]),
    ['source splits', options.sourceSplits?.join(', ') ?? 'all'],
    [
      'model',
      `${options.model.startsWith('hf:') ? options.model : basename(options.model)}, pooling ${poolingOf(options)}`,
    ],
    ['rule', `${options.rule}, top ${options.top}, threshold ${options.threshold ?? 'none'}`],
    ['validation and test samples', evaluationSplits ? 'labelled too, by --evaluation-splits' : 'not labelled'],
  ];
  await writeFile(report, unifyReport(labels, { settings }));
  if (evaluationSplits) say(`warning: ${EVALUATION_WARNING}`);
  const labelled = labels.filter(({ emotions }) => emotions).length;
  process.stdout.write(
    json
      ? `${JSON.stringify({ labels: out, report, targets: targets.length, labelled, evaluationSplits: evaluationSplits ?? false })}\n`
      : `${labelled} labels for ${targets.length} targets: ${out}\nreport: ${report}\n`,
  );
}

/** Finds emotions that are known, and prints how well. */
export async function runCheck(options: UnifyArguments & { targetSplit: Split }) {
  const { targetSplit, json } = options;
  const folder = targetFolder(options);
  const corpus = await readReported(folder);
  const { sources: judged } = donorsOf(corpus, { name: 'target', splits: [targetSplit] });
  if (judged.length === 0) throw new Error(`${folder}: no sample of ${targetSplit} has both a polarity and emotions`);
  const sets = await readSources(options, { folder: corpus.folder.root, splits: [targetSplit] });
  const sources = sets.flatMap(({ donors }) => donors.sources);
  const labels = await unified(options, judged, sources);
  const truth = new Map(judged.map(({ id, emotions }) => [id, emotions]));
  const polarities = [...new Set(judged.map(({ polarity }) => polarity))].sort();
  const reports = polarities.map((polarity): AgreementReport => agreement(labels, truth, sources, polarity));
  process.stdout.write(json ? `${JSON.stringify(reports)}\n` : agreementTable(reports));
}

async function unified(
  options: UnifyArguments,
  targets: readonly TargetSample[],
  sources: readonly SourceSample[],
): Promise<UnifiedLabel[]> {
  await useBackend({ ...withDefined({ backend: options.backend ?? requestedBackend() }), log: say, install: true });
  return unifyLabels(targets, sources, {
    encoder: await encoderOf(options),
    rule: options.rule,
    top: options.top,
    ...withDefined({ threshold: options.threshold }),
    onProgress: progressLines(),
  });
}

async function encoderOf(options: UnifyArguments): Promise<SentenceEncoder> {
  const { model, cache = true } = options;
  const folder = model === MINILM ? await fetchMiniLm(say) : model;
  return loadSentences(folder, {
    pooling: poolingOf(options),
    ...(cache !== false && { cache: { folder: cache === true ? join(cacheRoot(), 'sentences') : cache, warn: say } }),
  });
}

const poolingOf = ({ model, pooling }: UnifyArguments): Pooling => pooling ?? (model === MINILM ? 'mean' : 'pooler');

/** The source sets. A set that is the targets' own data set must not give them themselves. */
async function readSources(
  { source, sourceSplits }: UnifyArguments,
  targets: { folder: string; splits: readonly Split[] },
): Promise<{ name: string; donors: Donors }[]> {
  const sets: { name: string; donors: Donors }[] = [];
  for (const { name: given, folder } of source ?? []) {
    const corpus = await readReported(folder);
    const name = given ?? (corpus.layout === 'label-folder' ? basename(corpus.folder.root) : corpus.layout);
    if (sets.some((set) => set.name === name))
      throw new Error(`--source ${folder}: there is a source '${name}' already; write another name=folder`);
    const shared = targets.splits.filter((split) => (sourceSplits ?? SPLITS).includes(split));
    if (corpus.folder.root === targets.folder && shared.length > 0) {
      throw new Error(
        `--source ${folder}: these are the targets themselves (${shared.join(', ')}); search other splits by --source-splits`,
      );
    }
    const donors = donorsOf(corpus, { name, ...withDefined({ splits: sourceSplits }) });
    say(`source ${name}: ${setLine(donors)}`);
    sets.push({ name, donors });
  }
  return sets;
}

const setLine = ({ sources, leftOut }: Donors) =>
  `${sources.length} samples${leftOut > 0 ? `; ${leftOut} without polarity or emotions left out` : ''}`;

async function readReported(folder: string): Promise<Corpus> {
  const corpus = await readCorpus(folder);
  const errors = corpus.problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) say(`${errors.length} problems in ${folder}, such as: ${errors[0]!.message}`);
  return corpus;
}

/** A line at most every ten seconds, and one at the end of work that took long. */
function progressLines() {
  let [last, shown] = [Date.now(), ''];
  return (what: string, done: number, total: number) => {
    if (Date.now() - last < 10_000 && !(done === total && shown === what)) return;
    [last, shown] = [Date.now(), what];
    say(`reading ${what}: ${done}/${total} texts`);
  };
}

function targetFolder({ targets, source = [] }: UnifyArguments): string {
  if (targets !== undefined && source.length > 0) return targets;
  throw new Error('expected --targets <folder> and at least one --source <folder> (--help lists every option)');
}

/** The fields that are there. */
function withDefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
