import type { Metric } from '@mmolre/metrics';
import { type Block, counted, shown } from './document';
import { spreadOf } from './summary';

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
  emotion:
    | { count: number; recall: Metric; categories: number; accuracy: Metric; weightedF1: Metric }
    | undefined;
};

/** Both ends of a 95 % interval; undefined where the figure is, or is in many of the draws. */
export type Interval = { low: number; high: number } | undefined;

/** A part with what its figures rest on. */
export type PartFacts = PartScores & {
  /** Different ones; a sample without a recording counts as one. */ recordings: number;
  /** Whether they are too few to say anything by. */ few: boolean;
  intervals: { corr: Interval; mae: Interval; recall: Interval };
  /** Of a part with a modality blanked: what that changes of its predictions. */
  change?: {
    /** Mean absolute change of the sentiment. */ sentiment: number | undefined;
    /** Share of samples whose category is another. */ category: number | undefined;
  };
};

/** So many speakers are printed, those with most samples; `metrics.json` has all. */
const SPEAKERS = 12;

/** The figures of each part, a row a part, with what is to be known of them. */
export function partsReport(parts: readonly PartFacts[]): Block[] {
  const speakers = parts.filter(({ by }) => by === 'speaker').sort((a, b) => b.samples - a.samples);
  const hidden = new Set(speakers.slice(SPEAKERS));
  const listed = parts.filter((part) => !hidden.has(part));
  if (listed.length < 2) return [];
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
  return [{ table: { head, rows } }, { lines: notes(listed, hidden.size) }];
}

const withInterval = (value: Metric, interval: Interval) =>
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

/** As a row calls it. Names of speakers are the data's: what is no letter in a terminal becomes U+FFFD. */
function nameOf({ by, name }: PartScores): string {
  if (by === 'sentiment' || by === 'emotion') return `text and voice ${name} on ${by}`;
  if (by === 'all' || by === 'modalities') return name;
  return `${by} ${name.replace(/\p{Cc}/gu, '\ufffd')}`;
}

function notes(parts: readonly PartFacts[], hidden: number): string[] {
  const kinds = new Set(parts.map(({ by }) => by));
  const signs = kinds.has('sentiment') && 'another sign of the sentiment (0 being a sign of its own)';
  const categories = kinds.has('emotion') && 'another category';
  return [
    'recall: the mean over the categories that occur, so many; ±: half of the 95 % interval, samples of a recording drawn together',
    ...(parts.some(({ few }) => few) ? ['few: of too few recordings to be a finding'] : []),
    ...(signs || categories
      ? [`disagree: of text alone the model predicts ${[signs, categories].filter(Boolean).join(', or ')} than of voice alone`]
      : []),
    ...parts.flatMap(changeNote),
    ...(hidden > 0 ? [`${counted(hidden)} more speakers stand in metrics.json`] : []),
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

type MainPart = { name: string; sentiment: PartScores | undefined; emotion: PartScores | undefined };

/** The parts of which a summary tells: each task's samples on which text and voice disagree, and both without one modality. */
function mainParts(parts: readonly PartScores[]): MainPart[] {
  const find = (by: PartKind, name: string) => parts.find((part) => part.by === by && part.name === name);
  const without = (name: string) => ({ name, sentiment: find('modalities', name), emotion: find('modalities', name) });
  const disagree = { sentiment: find('sentiment', 'disagree'), emotion: find('emotion', 'disagree') };
  return [
    { name: 'text and voice disagree', ...disagree },
    without('without audio'),
    without('without text'),
  ].filter(({ sentiment, emotion }) => sentiment || emotion);
}

const MAIN_FIGURES: [title: string, task: 'sentiment' | 'emotion', digits: number, read: (part: PartScores) => Metric][] =
  [
    ['samples', 'sentiment', 0, ({ samples }) => samples],
    ['correlation', 'sentiment', 3, ({ sentiment }) => sentiment?.corr],
    ['mean absolute error', 'sentiment', 3, ({ sentiment }) => sentiment?.mae],
    ['samples', 'emotion', 0, ({ samples }) => samples],
    ['recall', 'emotion', 3, ({ emotion }) => emotion?.recall],
  ];

/** Three rows of the main figures, each the mean over the seeds, with the deviation of several. None where there are no such parts. */
export function mainPartsReport(seeds: readonly (readonly PartScores[] | undefined)[]): Block[] {
  const found = seeds.map((parts) => mainParts(parts ?? []));
  const names = found.find((main) => main.length > 0)?.map(({ name }) => name);
  if (!names) return [];
  const figures = MAIN_FIGURES.filter(([, task]) => seeds.some((parts) => parts?.some((part) => part[task])));
  const rows = names.map((name) => {
    const main = found.flatMap((all) => all.filter((one) => one.name === name));
    return [
      name,
      ...figures.map(([, task, digits, read]) => {
        const spread = spreadOf(main.map((one) => one[task] && read(one[task])));
        return (
          shown(spread?.mean, digits) + (spread?.deviation === undefined ? '' : ` ± ${spread.deviation.toFixed(digits)}`)
        );
      }),
    ];
  });
  return [{ table: { head: ['part', ...figures.map(([title]) => title)], rows } }];
}
