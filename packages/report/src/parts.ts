import type { Metric } from '@mmolre/metrics';
import { counted, shown, type Table } from './document';
import type { Interval } from './student';

/** What tells parts of one kind apart: `sentiment` and `emotion` are what the text alone and the voice alone are predicted to be. */
export type PartKind = 'all' | 'modalities' | 'sentiment' | 'emotion' | 'speaker' | 'recording' | 'text';

/** A part of a split, scored. Its figures are undefined where it has no such labels, or the labels or predictions are constant. */
export type PartScores = {
  by: PartKind;
  /** Of the part among those of its kind, such as `disagree`, `without audio` or a speaker's name. */ name: string;
  samples: number;
  /** Undefined for a task that the model does not have; its count is of labelled samples. */
  sentiment: { count: number; corr: Metric; mae: Metric } | undefined;
  /** The mean recall is over the `categories` that occur; accuracy and weighted F1 are means over the emotions. */
  emotion: { count: number; recall: Metric; categories: number; accuracy: Metric; weightedF1: Metric } | undefined;
};

/** A part with what its figures rest on. */
export type PartFacts = PartScores & {
  /** Different ones; a sample without a recording counts as one. */ recordings: number;
  /** Whether they are too few to say anything by. */ few: boolean;
  /** Of 95 %; undefined where the figure is, or is in many of the draws. */
  intervals: Record<'corr' | 'mae' | 'recall', Interval | undefined>;
  /** Of a part with a modality blanked: what that changes of its predictions. */
  change?: {
    /** Mean absolute change of the sentiment. */ sentiment: number | undefined;
    /** Share of samples whose category is another. */ category: number | undefined;
  };
};

/** So many speakers are printed, those with most samples; `metrics.json` has all. */
const SPEAKERS = 12;

/** The figures of each part, a row a part, and what is to be known of them. Undefined where nothing but the whole is there. */
export function partsTable(parts: readonly PartFacts[]): { table: Table; notes: string[] } | undefined {
  const speakers = parts.filter(({ by }) => by === 'speaker').sort((a, b) => b.samples - a.samples);
  const hidden = new Set(speakers.slice(SPEAKERS));
  const listed = parts.filter((part) => !hidden.has(part));
  if (listed.length < 2) return undefined;
  const has = { sentiment: parts.some((p) => p.sentiment), emotion: parts.some((p) => p.emotion) };
  const shares = parts.some(({ samples, recordings }) => recordings < samples);
  const rows = listed.map((part) => [
    nameOf(part),
    counted(part.samples) + (part.few ? ' (few)' : ''),
    ...(shares ? [counted(part.recordings)] : []),
    ...(has.sentiment ? sentimentCells(part) : []),
    ...(has.emotion ? emotionCells(part) : []),
  ]);
  const head = [
    'part',
    'samples',
    ...(shares ? ['recordings'] : []),
    ...(has.sentiment ? ['correlation', 'mean abs. error'] : []),
    ...(has.emotion ? ['recall', 'categories', 'accuracy / weighted F1'] : []),
  ];
  const isUndefined = rows.some((row) => row.some((cell) => cell.includes('undefined')));
  return {
    table: { head, rows },
    notes: [
      ...notes(listed),
      ...(isUndefined
        ? ['undefined: none of the part has such a label, or all labels or all predictions are equal']
        : []),
      ...(hidden.size > 0 ? [`${counted(hidden.size)} more speakers, of fewer samples, stand in metrics.json`] : []),
    ],
  };
}

const withInterval = (value: Metric, interval: Interval | undefined) =>
  shown(value) + (value !== undefined && interval ? ` ± ${((interval.high - interval.low) / 2).toFixed(2)}` : '');

const sentimentCells = ({ sentiment, intervals }: PartFacts) => [
  withInterval(sentiment?.corr, intervals.corr),
  withInterval(sentiment?.mae, intervals.mae),
];

const emotionCells = ({ emotion, intervals }: PartFacts) => [
  withInterval(emotion?.recall, intervals.recall),
  `${emotion?.categories ?? 0}`,
  `${shown(emotion?.accuracy)} / ${shown(emotion?.weightedF1)}`,
];

/** As a row calls it. Names of speakers are the data's: control characters become U+FFFD. */
function nameOf({ by, name }: PartScores): string {
  if (by === 'sentiment' || by === 'emotion') return `text and voice ${name} on ${by}`;
  if (by === 'all' || by === 'modalities') return name;
  return `${by} ${name.replace(/\p{Cc}/gu, '\ufffd')}`;
}

function notes(parts: readonly PartFacts[]): string[] {
  const disagree = [
    parts.some(({ by }) => by === 'sentiment') && 'the sign of the sentiment (0 is a sign of its own)',
    parts.some(({ by }) => by === 'emotion') && 'the category of emotion',
  ].filter(Boolean);
  return [
    `${parts.some(({ emotion }) => emotion) ? 'recall: the mean over as many categories as occur; ' : ''}±: half of the 95 % interval, all samples of a recording drawn together`,
    ...(parts.some(({ few }) => few) ? ['few: too few recordings to find anything by'] : []),
    ...(disagree.length > 0
      ? [
          `text and voice disagree: what the model says of the text alone and of the voice alone differs in ${disagree.join(', or in ')}`,
        ]
      : []),
    ...parts.flatMap(changeNote),
  ];
}

function changeNote({ name, change, samples }: PartFacts): string[] {
  if (!change || samples === 0) return [];
  const { sentiment, category } = change;
  const said = [
    sentiment !== undefined && `the sentiment moves by ${shown(sentiment)} in the mean`,
    category !== undefined && `${(100 * category).toFixed(1)} % of the categories are others`,
  ];
  const nothing = (sentiment ?? 0) < 0.0005 && (category ?? 0) === 0;
  return [`${name} ${nothing ? 'nothing changes: the model does not use it' : said.filter(Boolean).join(', and ')}`];
}
