import { EMOTIONS, POLARITIES, type Polarity } from '@mmolre/datasets';
import { histogram, type Table, toHtml } from '@mmolre/report';
import type { UnifiedLabel } from './types';
import { EVALUATION_WARNING } from './with-unified-labels';

export type ReportFacts = {
  /** What was done, a name and a value each: model, rule, source sets and how many samples they gave, ... */
  settings: readonly (readonly [name: string, value: string])[];
};

const LEAST_CERTAIN = 100;

/** One HTML page, whole by itself: what was done, how many labels there are of each emotion and polarity, how similar their sources are. */
export function unifyReport(labels: readonly UnifiedLabel[], { settings }: ReportFacts): string {
  const matched = labels.filter((label) => label.match !== undefined);
  const beyondTrain = labels.filter(({ target, emotions }) => target.split !== 'train' && emotions).length;
  const similarities = matched.map(({ target, match }) => ({ group: target.polarity, value: match!.similarity }));
  const least = matched.toSorted((a, b) => a.match!.similarity - b.match!.similarity).slice(0, LEAST_CERTAIN);
  return toHtml('Unified labels', [
    ...(beyondTrain > 0 ? [{ warning: `${beyondTrain} ${EVALUATION_WARNING}` }] : []),
    {
      text: 'Each target has the emotions of the source sample of its own polarity whose text is most similar. These are guesses from text, not judgements of people.',
    },
    { table: { head: ['setting', 'value'], rows: settings } },
    { heading: 'How many' },
    { table: countTable(labels) },
    { heading: 'How similar the sources are' },
    similarities.length > 0
      ? { plots: [{ title: 'labels by similarity', html: histogram(similarities, HISTOGRAM) }], text: '' }
      : { text: 'Nothing was searched.' },
    { heading: `The ${least.length} least certain` },
    { table: { head: LEAST_HEAD, rows: least.map(leastRow) } },
  ]);
}

const HISTOGRAM = {
  label: 'similarity of the source (cosine)',
  count: 'labels',
  colours: { negative: '#b4443c', neutral: '#8a8f98', positive: '#2f7d4f' } satisfies Record<Polarity, string>,
};

const LEAST_HEAD = [
  'similarity',
  'second',
  'target',
  'polarity',
  'emotions',
  'its text',
  'source',
  "the source's text",
];

function leastRow({ target, emotions, match }: UnifiedLabel): string[] {
  const { source, similarity, secondSimilarity } = match!;
  return [
    cosine(similarity),
    secondSimilarity === undefined ? '' : cosine(secondSimilarity),
    target.id,
    target.polarity,
    emotions ? emotions.join(', ') || 'none' : 'no label',
    target.text,
    source.id,
    source.text,
  ];
}

const cosine = (value: number) => (Number.isInteger(value) ? `${value}` : value.toFixed(3));

/** Labels by emotion and polarity. A label with several emotions is counted in several rows. */
function countTable(labels: readonly UnifiedLabel[]): Table {
  const kinds: [string, (label: UnifiedLabel) => boolean][] = [
    ...EMOTIONS.map((emotion): [string, (label: UnifiedLabel) => boolean] => [
      emotion,
      ({ emotions }) => emotions?.includes(emotion) ?? false,
    ]),
    ['none of the six', ({ emotions }) => emotions?.length === 0],
    ['no label', ({ emotions }) => emotions === undefined],
    ['all', () => true],
  ];
  const rows = kinds.map(([name, test]) => {
    const counts = POLARITIES.map(
      (polarity) => labels.filter((one) => one.target.polarity === polarity && test(one)).length,
    );
    return [name, ...[...counts, counts.reduce((sum, count) => sum + count, 0)].map(String)];
  });
  return { head: ['', ...POLARITIES, 'all'], rows };
}
