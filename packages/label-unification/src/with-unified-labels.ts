import { type Dataset, EMOTIONS, type Emotion, type Sample } from '@mmolre/datasets';
import { parseUnifiedCsv, readUnifiedCsv, type UnifiedRow } from './unified-csv';

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
  /** Training samples that have a unified label now. */
  labelled: number;
  /** Training samples that have none, as no source was similar enough. */
  unlabelled: number;
  /** Training samples that no row is for; they have the emotions of their own that they had, or none. */
  kept: number;
  /** A line for the report, if validation or test samples got unified labels. */
  warning: string | undefined;
};

/** The line that a report repeats. */
export const EVALUATION_WARNING =
  'validation and test samples have unified labels, which follow from their gold polarity: no score of emotion is a result';

/**
 * Replaces the emotions of the training samples that there are rows for; where a row holds no label the sample has no emotions then, so
 * that one sort of labels is trained on. A sample without a row was no target, as it has no sentiment: it keeps the emotions of its own,
 * if it has any (in MOSI none has). Validation and test samples keep what labels of their own they have, whatever the file has for
 * them. Several rows of a target (UniMSE's rule) are joined.
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
  let [labelled, unlabelled, kept, leaked] = [0, 0, 0, 0];
  const changed = samples.map((sample): S => {
    const isTrain = sample.split === 'train';
    if (!isTrain && !evaluation) return sample;
    const own = byTarget.get(sample.id);
    if (!own) {
      if (isTrain) kept++;
      return sample;
    }
    const labels = own.filter(({ emotions }) => emotions);
    if (isTrain) labels.length > 0 ? labelled++ : unlabelled++;
    else if (labels.length > 0) leaked++;
    else return sample;
    return relabelled(sample, labels, name);
  });
  return {
    samples: changed,
    labelled,
    unlabelled,
    kept,
    warning: leaked > 0 ? `${leaked} ${EVALUATION_WARNING}` : undefined,
  };
}

/**
 * The same for a data set that is split already, and a file as `mmolre-unify` writes it.
 *
 * @param file Where it is, or what it holds and what to call it.
 * @throws One line: the file is none, or that of another data set.
 */
export async function datasetWithUnifiedLabels(
  dataset: Dataset,
  file: string | { name: string; csv: string },
  options: Pick<WithUnifiedLabelsOptions, 'evaluation'> = {},
): Promise<Omit<WithUnifiedLabels<Sample>, 'samples'> & { dataset: Dataset }> {
  const [rows, name] =
    typeof file === 'string' ? [await readUnifiedCsv(file), file] : [parseUnifiedCsv(file.csv, file.name), file.name];
  const all = [...dataset.train, ...dataset.valid, ...dataset.test];
  const { samples, ...told } = withUnifiedLabels(all, rows, { ...options, name });
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
