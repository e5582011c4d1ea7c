import { type CompareFacts, differenceBlocks } from './compare';
import { type Block, type Plot, shown } from './document';
import type { Scores } from './scores';
import { type Spread, spreadOf } from './spread';
import { deviationLine, figureMap, type Measured, type Square, scatter } from './study-plots';
import { MAIN_FIGURES } from './summary';

/** One run of a study. */
export type TrialFacts = {
  seed: number;
  state: string;
  /** The best validation value of the study's metric; undefined before the first epoch. */ best: number | undefined;
  /** Of a complete trial. */ test: Scores | undefined;
};

/** What a study's fields are in some trials, which differ in their seed alone. */
export type SettingFacts = { /** One a field. */ labels: readonly string[]; trials: readonly TrialFacts[] };

export type StudyFacts = {
  name: string;
  fields: readonly string[];
  /** What trials are pruned by, and their epochs chosen. */ metric: string;
  /** Whether a pruner ended trials early. */ isPruned: boolean;
  settings: readonly SettingFacts[];
  split: string;
  /** Each setting against the first with a complete trial; undefined where there are not two. */
  comparison: (Pick<CompareFacts, 'differences' | 'rows' | 'areClipsKnown' | 'draws'> & { first: string }) | undefined;
};

type Figure = { title: string; higher: boolean; read: (trial: TrialFacts) => number | undefined };

/** A study: its settings over their seeds as a table and as pictures, and which of them differ by tests. */
export function studyReport(facts: StudyFacts): Block[] {
  const { name, fields, metric, settings, split, isPruned, comparison } = facts;
  const trials = settings.flatMap((setting) => setting.trials);
  const count = (state: string) => trials.filter((trial) => trial.state === state).length;
  const states = [...new Set(trials.map(({ state }) => state))].map((state) => `${count(state)} ${state}`);
  const figures = figuresOf(facts);
  return [
    {
      facts: [
        ['study', name],
        ['trials', `${trials.length}: ${states.join(', ')}`],
        ['tested on', `the ${split} split; mean and deviation over the seeds`],
        [`valid ${metric}`, 'the best of the epochs that a trial has come to'],
      ],
    },
    ...(isPruned
      ? [{ warning: 'Which trials were pruned depends on which had come how far: another time it may be others' }]
      : []),
    {
      table: {
        head: [...fields, 'trials', ...figures.map(({ title }) => title)],
        rows: settings.map((setting) => [
          ...setting.labels,
          `${setting.trials.length}`,
          ...figures.map((figure) => spreadText(spreadAt(figure, setting))),
        ]),
      },
    },
    ...pictures(facts, figures),
    ...(comparison
      ? [{ heading: `What differs from ${comparison.first}` }, ...differenceBlocks(comparison.differences, comparison)]
      : []),
  ];
}

/** The study's own metric, then those of the test that any trial has. */
function figuresOf({ metric, settings }: StudyFacts): Figure[] {
  const tests = settings.flatMap(({ trials }) => trials.flatMap(({ test }) => test ?? []));
  const isLower = (title: string) => ['loss', 'sentiment.mae', 'MAE'].includes(title);
  return [
    { title: `valid ${metric}`, higher: !isLower(metric), read: ({ best }) => best },
    ...MAIN_FIGURES.filter(({ task }) => tests.some((test) => test[task])).map(
      ({ short, read }): Figure => ({ title: short, higher: !isLower(short), read: ({ test }) => test && read(test) }),
    ),
  ];
}

const spreadAt = ({ read }: Figure, { trials }: SettingFacts) => spreadOf(trials.map(read));

const spreadText = (spread: Spread | undefined): string =>
  spread ? shown(spread.mean) + (spread.deviation === undefined ? '' : ` ± ${shown(spread.deviation)}`) : '';

/**
 * Of one field all figures in one map, and lines where it is numbers; of a grid of two a map a figure; else the study's metric over each field of
 * numbers.
 */
function pictures(facts: StudyFacts, figures: readonly Figure[]): Block[] {
  const { fields, settings } = facts;
  if (settings.length < 2) return [];
  const maps =
    fields.length === 1
      ? [mapOfFigures(facts, figures)]
      : isGridOfTwo(facts)
        ? figures.map((figure) => mapOfFields(facts, figure))
        : [];
  const curves =
    fields.length === 1
      ? figures.flatMap((figure) => lineOf(facts, figure))
      : maps.length === 0
        ? fields.flatMap((_, i) => dotsOf(facts, figures[0]!, i))
        : [];
  const text = 'Each figure of a map is coloured from its worst setting, white, to its best, dark.';
  return [
    ...(maps.length + curves.length > 0 ? [{ heading: 'Pictures' }] : []),
    ...(maps.length > 0 ? [{ text }, { plots: maps, text: 'The maps stand in the page.' }] : []),
    ...(curves.length > 0 ? [{ plots: curves, text: 'The curves stand in the page.' }] : []),
  ];
}

/** Whether each value of one field is there with each of the other. */
const isGridOfTwo = ({ fields, settings }: StudyFacts): boolean =>
  fields.length === 2 && distinct(settings, 0).length * distinct(settings, 1).length === settings.length;

/** The paper's Fig. 2: a column a setting, a row a figure. */
function mapOfFigures({ fields, settings }: StudyFacts, figures: readonly Figure[]): Plot {
  const title = `all figures by ${fields[0]}`;
  const squares = figures.flatMap((figure) =>
    squaresOf(figure, settings, ({ labels }) => ({ column: labels[0]!, row: figure.title })),
  );
  const [columns, rows] = [distinct(settings, 0), figures.map((figure) => figure.title)];
  return { title, html: figureMap(title, squares, { x: fields[0]!, y: null, columns, rows }) };
}

function mapOfFields({ fields, settings }: StudyFacts, figure: Figure): Plot {
  const squares = squaresOf(figure, settings, ({ labels }) => ({ row: labels[0]!, column: labels[1]! }));
  const names = { x: fields[1]!, y: fields[0]!, columns: distinct(settings, 1), rows: distinct(settings, 0) };
  return { title: figure.title, html: figureMap(figure.title, squares, names) };
}

const distinct = (settings: readonly SettingFacts[], field: number) => [
  ...new Set(settings.map(({ labels }) => labels[field]!)),
];

/** A figure's square of each setting, coloured by where its mean stands between the worst and the best one. */
function squaresOf(
  figure: Figure,
  settings: readonly SettingFacts[],
  place: (setting: SettingFacts) => { column: string; row: string },
): Square[] {
  const means = settings.map((setting) => spreadAt(figure, setting)?.mean);
  const defined = means.filter((mean) => mean !== undefined);
  const [low, high] = [Math.min(...defined), Math.max(...defined)];
  return settings.map((setting, i) => {
    const mean = means[i];
    const share = mean === undefined ? undefined : high > low ? (mean - low) / (high - low) : 0.5;
    return {
      ...place(setting),
      share: share === undefined || figure.higher ? share : 1 - share,
      text: mean === undefined ? '' : shown(mean),
    };
  });
}

/** What a field is in each setting, where it is always a number. */
function numbersOf({ settings }: StudyFacts, field: number): number[] | undefined {
  const at = settings.map(({ labels }) => Number(labels[field]));
  return at.every(Number.isFinite) ? at : undefined;
}

/** A figure over the only field, if that is numbers. */
function lineOf(facts: StudyFacts, figure: Figure): Plot[] {
  const at = numbersOf(facts, 0);
  if (!at) return [];
  const points = facts.settings.flatMap((setting, i): Measured[] => {
    const spread = spreadAt(figure, setting);
    const values = setting.trials.map(figure.read).filter((value) => value !== undefined);
    return spread ? [{ x: at[i]!, values, ...spread }] : [];
  });
  return [{ title: figure.title, html: deviationLine(figure.title, facts.fields[0]!, points) }];
}

/** A figure of each trial over one of several fields, if that is numbers. */
function dotsOf(facts: StudyFacts, figure: Figure, field: number): Plot[] {
  const at = numbersOf(facts, field);
  if (!at) return [];
  const points = facts.settings.flatMap(({ trials }, i) =>
    trials.flatMap((trial) => {
      const y = figure.read(trial);
      return y === undefined ? [] : [{ x: at[i]!, y, state: trial.state }];
    }),
  );
  const title = `${figure.title} by ${facts.fields[field]}`;
  return [{ title, html: scatter(title, facts.fields[field]!, points) }];
}
