import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type BackendName, requestedBackend, useBackend } from '@mmolre/backend';
import type { ReadOptions, Split } from '@mmolre/datasets';
import { writeFileSafely } from '@mmolre/files';
import { toTerminal } from '@mmolre/report';
import { type AgreementReport, agreement } from './agreement';
import { agreementBlocks } from './agreement-table';
import { donorsOf } from './donors';
import type { SourceFolder } from './source-folder';
import { type FindLabelsOptions, findLabels, readReported, readSources, unifyFolders } from './unify-folders';
import { EVALUATION_WARNING } from './with-unified-labels';

/** What both commands are told. */
export type UnifyArguments = Omit<FindLabelsOptions, 'log' | 'cache'> &
  ReadOptions & {
    targets?: string;
    source?: SourceFolder[];
    sourceSplits?: Split[];
    /** false: nothing is kept. */
    cache?: string | boolean;
    backend?: BackendName;
    json?: boolean;
  };

const log = (line: string) => process.stderr.write(`${line}\n`);

/** Makes the labels and the report. */
export async function runUnify(options: UnifyArguments & { evaluationSplits?: boolean; out: string; report?: string }) {
  const { evaluationSplits: evaluation = false, out, json } = options;
  const report = options.report ?? `${out.replace(/\.csv$/i, '')}.html`;
  for (const file of [out, report]) await mkdir(dirname(file), { recursive: true }); // before the long work
  const { targets, ...rest } = await open(options);
  const corpus = await readReported(targets, rest, log);
  const { labels, csv, html, ...found } = await unifyFolders(
    { folder: corpus.folder.root, samples: corpus.samples },
    { ...rest, evaluation },
  );
  await writeFileSafely(out, csv);
  await writeFileSafely(report, html);
  if (evaluation) log(`warning: ${EVALUATION_WARNING}`);
  const counts = {
    targets: new Set(labels.map(({ target }) => target.id)).size,
    labelled: labels.filter(({ emotions }) => emotions).length,
  };
  process.stdout.write(
    json
      ? `${JSON.stringify({ labels: out, report, ...counts, evaluationSplits: evaluation, agreement: found.agreement })}\n`
      : `${counts.labelled} labels for ${counts.targets} targets: ${out}\nreport: ${report}\n`,
  );
}

/** Finds emotions that are known, and prints how well. */
export async function runCheck(options: UnifyArguments & { targetSplit: Split }) {
  const { targetSplit, json } = options;
  const { targets, ...rest } = await open(options);
  const corpus = await readReported(targets, rest, log);
  const { sources: judged } = donorsOf(corpus, { name: 'target', splits: [targetSplit] });
  if (judged.length === 0) throw new Error(`${targets}: no sample of ${targetSplit} has both a polarity and emotions`);
  const instead = 'search other splits by --source-splits';
  const sets = await readSources(rest, { folder: corpus.folder.root, splits: [targetSplit], instead }, log);
  const sources = sets.flatMap(({ donors }) => donors.sources);
  const { labels } = await findLabels(judged, sources, rest);
  const truth = new Map(judged.map(({ id, emotions }) => [id, emotions]));
  const polarities = [...new Set(judged.map(({ polarity }) => polarity))].sort();
  const reports = polarities.map((polarity): AgreementReport => agreement(labels, truth, sources, polarity));
  process.stdout.write(json ? `${JSON.stringify(reports)}\n` : toTerminal(agreementBlocks(reports)));
}

/** Starts the backend. @returns The arguments as the functions take them. */
async function open({ targets, source: sources = [], cache, backend, ...options }: UnifyArguments) {
  if (targets === undefined || sources.length === 0)
    throw new Error('expected --targets <folder> and at least one --source <folder> (--help lists every option)');
  const asked = backend ?? requestedBackend();
  await useBackend({ ...(asked && { backend: asked }), log, install: true });
  return { ...options, targets, sources, cache: cache === true ? undefined : cache, log };
}
