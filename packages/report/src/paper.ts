import { type Metric, type PaperEmotion, type PaperSentiment, paperResults, type Reported } from '@mmolre/metrics';
import type { Table } from './document';
import type { Scores } from './scores';

/**
 * All systems of the paper's tables on a corpus, above them the model on the same data: Table I for MOSI and MOSEI, Table II for MOSEI. None of
 * other data, with which they cannot be compared.
 */
export function paperTables(corpus: string | undefined, { sentiment, emotion }: Scores): Table[] {
  if (corpus !== 'mosi' && corpus !== 'mosei') return [];
  const { has0, non0 } = sentiment ?? {};
  return [
    ...(sentiment
      ? [
          {
            head: ['Table I, sentiment; %', ...SENTIMENT.map(([title]) => title)],
            rows: [
              [
                'this model',
                ...[has0!.acc2, has0!.f1, non0!.acc2, non0!.f1, sentiment.acc5, sentiment.acc7].map(percent),
                plain(sentiment.mae),
                plain(sentiment.corr),
              ],
              ...paperResults.sentiment.map((row) => [
                row.method,
                ...SENTIMENT.map(([, field]) => reported(row[corpus][field])),
              ]),
            ],
          },
        ]
      : []),
    ...(emotion && corpus === 'mosei'
      ? [
          {
            head: ['Table II, emotion; accuracy / weighted F1, %', ...EMOTIONS, 'average'],
            rows: [
              [
                'this model',
                ...[...EMOTIONS.map((name) => emotion.perEmotion[name]!), emotion.mean].map(
                  (one) => `${percent(one.accuracy)} / ${percent(one.weightedF1)}`,
                ),
              ],
              ...paperResults.emotion.map(({ method, perEmotion, mean }) => [
                method,
                ...[...EMOTIONS.map((name) => perEmotion[name]), mean].map(pair),
              ]),
            ],
          },
        ]
      : []),
  ];
}

const SENTIMENT: readonly [title: string, field: keyof PaperSentiment][] = [
  ['Acc2, zero included', 'acc2Has0'],
  ['F1', 'f1Has0'],
  ['Acc2, zero left out', 'acc2Non0'],
  ['F1', 'f1Non0'],
  ['Acc5', 'acc5'],
  ['Acc7', 'acc7'],
  ['MAE', 'mae'],
  ['Corr', 'corr'],
];
const EMOTIONS = Object.keys(
  paperResults.emotion[0]!.perEmotion,
) as (keyof (typeof paperResults.emotion)[0]['perEmotion'])[];

const percent = (value: Metric) => (value === undefined ? 'undefined' : (100 * value).toFixed(2));
const plain = (value: Metric) => value?.toFixed(3) ?? 'undefined';
/** As it is printed; `-` where it is not. */
const reported = (value: Reported) => `${value ?? '-'}`;
const pair = ({ accuracy, weightedF1 }: PaperEmotion) => `${reported(accuracy)} / ${reported(weightedF1)}`;
