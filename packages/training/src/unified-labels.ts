import type { Ranks } from '@mmolre/backend';
import type { Dataset, ReadOptions } from '@mmolre/datasets';
import { withUserPath } from '@mmolre/encoders';
import { datasetWithUnifiedLabels, readUnifiedText, sourceFolder, unifyFolders } from '@mmolre/label-unification';
import { type RunConfig, readOptions } from './run-config';
import { RUN_FILES } from './run-layout';

/** A data set with the labels that it is trained on, and what a run keeps and says of them. */
export type Labelled = {
  dataset: Dataset;
  /** Content of files for the run's folder, by name. */ files: Record<string, string>;
  /** A line of `metrics.jsonl`; undefined where the labels are the data's own. */ event: LabelEvent | undefined;
};

export type LabelEvent = {
  event: 'labels';
  labels: string;
  labelled: number;
  unlabelled: number;
  kept: number;
  /** A line for every report, if validation or test samples have unified labels. */ warning: string | undefined;
};

/**
 * The data set with the emotions that the run asks for: its own, those of a file, or those made here. They go to training samples alone
 * unless `labelsInEvaluation` says otherwise.
 */
export async function withLabels(
  dataset: Dataset,
  { labels, labelsInEvaluation: evaluation, unify, reading }: RunConfig,
  log: (line: string) => void,
  ranks?: Ranks,
): Promise<Labelled> {
  if (labels === 'own') return { dataset, files: {}, event: undefined };
  const files =
    labels === 'unify'
      ? await makeLabels(dataset, unify, { evaluation, ...readOptions({ reading }), together: ranks }, log)
      : { [RUN_FILES.labels]: await readUnifiedText(labels) };
  const file = { name: labels === 'unify' ? RUN_FILES.labels : labels, csv: files[RUN_FILES.labels]! };
  const { dataset: changed, ...told } = await datasetWithUnifiedLabels(dataset, file, { evaluation });
  const { labelled, unlabelled, kept, warning } = told;
  log(`labels: ${labels}: ${labelled} training samples have unified emotions, ${unlabelled} none, ${kept} their own`);
  if (warning) log(`warning: ${warning}`);
  return { dataset: changed, files, event: { event: 'labels', labels, labelled, unlabelled, kept, warning } };
}

async function makeLabels(
  dataset: Dataset,
  { sources, sourceSplits, pooling, threshold, ...unify }: RunConfig['unify'],
  reading: ReadOptions & { evaluation: boolean; together: Ranks | undefined },
  log: (line: string) => void,
) {
  const samples = [...dataset.train, ...dataset.valid, ...dataset.test];
  const { csv, html } = await unifyFolders(
    { folder: dataset.folder, samples },
    {
      ...unify,
      sources: sources.map(sourceFolder),
      sourceSplits: sourceSplits ?? undefined,
      pooling: pooling ?? undefined,
      threshold: threshold ?? undefined,
      ...reading,
      log,
    },
  );
  return { [RUN_FILES.labels]: csv, [RUN_FILES.labelsReport]: html };
}

/** The run with its files and folders of labels counted from where the user stands. */
export function withLabelPaths(run: RunConfig, userPath: (path: string) => string): RunConfig {
  const { labels, unify } = run;
  return {
    ...run,
    labels: labels === 'own' || labels === 'unify' ? labels : userPath(labels),
    unify: {
      ...unify,
      model: withUserPath(unify.model, userPath),
      sources: unify.sources.map((source) => {
        const { name, folder } = sourceFolder(source);
        return `${name ? `${name}=` : ''}${userPath(folder)}`;
      }),
    },
  };
}
