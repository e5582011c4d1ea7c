import type { Dataset, Sample } from '@mmolre/datasets';
import { EMOTIONS, type Emotion } from './emotion';
import { readUnifiedCsv, type UnifiedRow } from './unified-csv';

export type WithUnifiedLabelsOptions = {
  /**
   * Give them to validation and test samples too. **Their labels know the gold polarity**, so what is selected or scored with them is no
   * result; a report must say it. Off.
   */
  evaluation?: boolean;
  /** What messages and the samples' `origin` call the file. */
  name?: string;
};

/** The samples, and what is to be said of their labels. */
export type WithUnifiedLabels<S> = {
  samples: S[];
  /** Training samples that have a unified label now, and those that have none as no source was similar enough or no row was theirs. */
  labelled: number;
  unlabelled: number;
  /** A line for the report, if validation or test samples got unified labels. */
  warning: string | undefined;
};

/** The line that a report repeats. */
export const EVALUATION_WARNING =
  'validation and test samples have unified labels, which follow from their gold polarity: no score of emotion is a result';

/**
 * Replaces the emotions of training samples by unified ones, those without a label have none then. Validation and test samples keep what
 * labels of their own they have, whatever the file has for them. Several rows of a target (UniMSE's rule) are joined.
 *
 * @throws If a row belongs to no sample, or stands under another split than its sample: then it is the file of another data set.
 */
export function withUnifiedLabels<S extends Pick<Sample, 'id' | 'split' | 'emotions' | 'origin'>>(
  samples: readonly S[],
  rows: readonly UnifiedRow[],
  { evaluation = false, name = 'unified labels' }: WithUnifiedLabelsOptions = {},
): WithUnifiedLabels<S> {
  const splitOf = new Map<string, string>(samples.map(({ id, split }) => [id, split]));
  const byTarget = new Map<string, UnifiedRow[]>();
  for (const row of rows) {
    const split = splitOf.get(row.targetId);
    if (split !== row.split) {
      const found = split === undefined ? 'no sample of that id' : `a sample of ${split}`;
      throw new Error(
        `${name}, line ${row.line}: "${row.targetId}" of ${row.split}: the data set has ${found}; make the labels again for it`,
      );
    }
    byTarget.set(row.targetId, [...(byTarget.get(row.targetId) ?? []), row]);
  }
  let [labelled, unlabelled, leaked] = [0, 0, 0];
  const changed = samples.map((sample): S => {
    if (sample.split !== 'train' && !evaluation) return sample;
    const labels = (byTarget.get(sample.id) ?? []).filter(({ emotions }) => emotions);
    if (sample.split === 'train') labels.length > 0 ? labelled++ : unlabelled++;
    else if (labels.length > 0) leaked++;
    else return sample;
    return relabelled(sample, labels, name);
  });
  return {
    samples: changed,
    labelled,
    unlabelled,
    warning: leaked > 0 ? `${leaked} ${EVALUATION_WARNING}` : undefined,
  };
}

/**
 * The same for a data set that is split already, and a file as `mmolre-unify` writes it.
 *
 * @throws One line: the file is none, or that of another data set.
 */
export async function datasetWithUnifiedLabels(
  dataset: Dataset,
  file: string,
  options: Pick<WithUnifiedLabelsOptions, 'evaluation'> = {},
): Promise<Omit<WithUnifiedLabels<Sample>, 'samples'> & { dataset: Dataset }> {
  const rows = await readUnifiedCsv(file);
  const all = [...dataset.train, ...dataset.valid, ...dataset.test];
  const { samples, ...told } = withUnifiedLabels(all, rows, { ...options, name: file });
  const of = (split: string) => samples.filter((sample) => sample.split === split);
  return { ...told, dataset: { ...dataset, train: of('train'), valid: of('valid'), test: of('test') } };
}

function relabelled<S extends Pick<Sample, 'emotions' | 'origin'>>(
  sample: S,
  labels: readonly UnifiedRow[],
  name: string,
): S {
  const { emotions: _, origin, ...rest } = sample;
  const { emotions: __, ...place } = origin ?? { file: name };
  if (labels.length === 0) return { ...rest, ...(origin && { origin: place }) } as S;
  const present = (emotion: Emotion) => labels.some(({ emotions }) => emotions!.includes(emotion));
  const from = labels.map(({ line, sourceId, similarity }) =>
    sourceId === undefined
      ? `${name}, line ${line}`
      : `${name}, line ${line}: ${sourceId}, cosine ${similarity?.toFixed(3)}`,
  );
  return {
    ...rest,
    emotions: EMOTIONS.map((emotion) => Number(present(emotion))),
    origin: { ...place, emotions: from.join('; ') },
  } as unknown as S;
}
