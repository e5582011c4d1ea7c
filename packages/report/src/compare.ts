import { type Block, counted, type Fact, type Plot, shown } from './document';
import { curves } from './plots';
import type { Epoch } from './run-page';
import type { Scores } from './scores';
import { spreadOf } from './spread';
import type { Interval } from './student';
import { MAIN_FIGURES } from './summary';

export type ComparedRun = {
  name: string;
  seed: number;
  identity: readonly Fact[];
  state: string;
  split: string;
  test: Scores;
  epochs: readonly Epoch[];
  bestEpoch: number;
};

export type ComparedModel = {
  name: string;
  /** Its runs, one a seed, by their positions. */ runs: readonly number[];
  /** Whether it was tested on the rows of the first. */ isComparable: boolean;
};

export type CompareFacts = {
  runs: readonly ComparedRun[];
  /** The first is what the others are held against. */ models: readonly ComparedModel[];
  differences: readonly {
    metric: 'recall' | 'correlation' | 'error';
    model: string;
    /** By how much it is better than the first: above 0 also of the error. */ difference: number;
    /** 95 %, over recordings and their rows. */ interval: Interval;
    pBootstrap: number;
    pPermutation: number;
    /** The larger of both, by Holm's correction over all differences. */ p: number;
  }[];
  /** Test rows of the first. */ rows: number;
  /** Whether it is known which rows share a recording. */ areClipsKnown: boolean;
  draws: number;
};

const anchorOf = (run: number) => `run-${run + 1}`;
const LEVEL = 0.05;

/** Runs beside each other, models with their seeds, and what differs between them. */
export function compareReport({ runs, models, differences, rows, areClipsKnown, draws }: CompareFacts): Block[] {
  const figures = MAIN_FIGURES.filter(({ task }) => runs.some(({ test }) => test[task] !== undefined));
  const first = models[0]!;
  const elsewhere = models.filter(({ isComparable }) => !isComparable);
  const mark = ({ isComparable }: ComparedModel) => (isComparable ? '' : '*');
  const several = models.some(({ runs: own }) => own.length > 1);
  const modelRow = (model: ComparedModel) => {
    const spreads = figures.map(({ read }) => spreadOf(model.runs.map((i) => read(runs[i]!.test))));
    const cells = spreads.map((spread) => {
      if (!spread) return 'undefined';
      return shown(spread.mean) + (spread.deviation === undefined ? '' : ` ± ${shown(spread.deviation)}`);
    });
    return [model.name + mark(model), `${model.runs.length}`, ...cells];
  };
  const modelOf = (run: number) => models.find(({ runs: own }) => own.includes(run))!;
  return [
    {
      table: {
        head: ['run', 'seed', 'split', ...figures.map(({ short }) => short)],
        rows: runs.map(({ name, seed, split, test }, i) => [
          name + mark(modelOf(i)),
          `${seed}`,
          split,
          ...figures.map(({ read }) => shown(read(test))),
        ]),
        anchors: runs.map((_, i) => anchorOf(i)),
      },
    },
    ...(several
      ? [
          { text: 'Runs that differ in their seed alone are one model: mean and deviation over the seeds.' },
          { table: { head: ['model', 'seeds', ...figures.map(({ short }) => short)], rows: models.map(modelRow) } },
        ]
      : []),
    {
      lines: [
        'Every figure of a run is of one checkpoint, that of the epoch that its validation chose; none is of the epoch that is best by that figure.',
        ...(elsewhere.length > 0
          ? [`* tested on other data or other rows than ${first.name}: not to be compared with it`]
          : []),
      ],
    },
    { heading: `What differs from ${first.name}` },
    ...differenceBlocks(differences, { rows, areClipsKnown, draws }),
    { heading: 'Validation' },
    { plots: validationPlots(runs), text: 'The curves stand in the page.' },
    ...upperBound(runs),
    ...runs.flatMap(({ name, identity, state }, i): Block[] => [
      { heading: name, anchor: anchorOf(i) },
      { facts: identity },
      { text: state },
    ]),
  ];
}

const shownP = (p: number) => (p < 0.001 ? '< 0.001' : p.toFixed(3));

export function differenceBlocks(
  differences: CompareFacts['differences'],
  { rows, areClipsKnown, draws }: Pick<CompareFacts, 'rows' | 'areClipsKnown' | 'draws'>,
): Block[] {
  if (differences.length === 0) return [{ text: 'None was tested on the same rows and has the same tasks.' }];
  return [
    {
      table: {
        head: ['model', 'figure', 'better by', '95 %', 'p, bootstrap', 'p, permutation', 'p, Holm', 'than the first'],
        rows: differences.map(({ model, metric, difference, interval, pBootstrap, pPermutation, p }) => [
          model,
          metric,
          difference.toFixed(3),
          `${interval.low.toFixed(3)} .. ${interval.high.toFixed(3)}`,
          ...[pBootstrap, pPermutation, p].map(shownP),
          p < LEVEL ? (difference > 0 ? 'better' : 'worse') : 'not shown',
        ]),
      },
    },
    {
      lines: [
        `${counted(rows)} test rows, ${counted(draws)} draws each: a bootstrap that draws recordings and then rows of each, and a permutation of the two models' answers to whole recordings`,
        'p, Holm: the larger of both, corrected for all the lines; better or worse is said below 0.05. It is about these trained models: other seeds and speakers are another question.',
        ...(areClipsKnown ? [] : ['which rows share a recording is not known: intervals are too narrow if they do']),
      ],
    },
  ];
}

function validationPlots(runs: readonly ComparedRun[]): Plot[] {
  const plots = [
    ['loss', (epoch: Epoch) => epoch.validLoss],
    ['sentiment correlation', (epoch: Epoch) => epoch.corr],
    ['sentiment absolute error', (epoch: Epoch) => epoch.mae],
    ['emotion recall', (epoch: Epoch) => epoch.recall],
  ] as const;
  return plots
    .filter(([, read]) => runs.some(({ epochs }) => epochs.some((epoch) => read(epoch) !== undefined)))
    .map(([title, read]) => {
      const lines = runs.map(({ name, epochs }) => ({
        name,
        points: epochs.map((epoch) => ({ x: epoch.epoch, y: read(epoch) })),
      }));
      return { title, html: curves(title, 'epoch', lines) };
    });
}

/** Figures of the validation, and which of two is the better. */
const BEST: readonly [title: string, read: (epoch: Epoch) => number | undefined, of: (...all: number[]) => number][] = [
  ['corr', ({ corr }) => corr, Math.max],
  ['MAE', ({ mae }) => mae, Math.min],
  ['recall', ({ recall }) => recall, Math.max],
  ['accuracy', ({ accuracy }) => accuracy, Math.max],
  ['wF1', ({ weightedF1 }) => weightedF1, Math.max],
];

/** What the best epoch by each figure has, which no single model has. */
function upperBound(runs: readonly ComparedRun[]): Block[] {
  const cells = (epochs: readonly Epoch[]) =>
    BEST.map(([, read, of]) => {
      const values = epochs.map(read).filter((value) => value !== undefined);
      return values.length > 0 ? shown(of(...values)) : '';
    });
  return [
    {
      text: 'The best epoch by each figure of its own, of the validation samples: an upper bound, which no single checkpoint has.',
    },
    {
      table: {
        head: ['run', 'epoch kept', ...BEST.map(([title]) => title)],
        rows: runs.map(({ name, bestEpoch, epochs }) => [name, `${bestEpoch}`, ...cells(epochs)]),
        anchors: runs.map((_, i) => anchorOf(i)),
      },
    },
  ];
}
