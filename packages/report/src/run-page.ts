import type { Block, Fact, Plot, UtteranceFacts } from './document';
import { type Curve, curves, heatMap } from './plots';

/** How a training went, from its log. */
export type History = {
  steps: readonly { step: number; loss: number; learningRate: number }[];
  epochs: readonly Epoch[];
  /** Of each epoch and router, the share of the samples that selected each shared expert. */ routers: readonly Router[];
};

/** An epoch's end. A figure is undefined of a task that the model does not have. */
export type Epoch = {
  epoch: number;
  step: number;
  trainLoss: number;
  validLoss: number;
  best: boolean;
  mae: number | undefined;
  corr: number | undefined;
  recall: number | undefined;
  accuracy: number | undefined;
  weightedF1: number | undefined;
};

/** A router: of a block of a modality, for a task. */
export type Router = {
  modality: string;
  /** From 1. */ block: number;
  task: string;
  /** By epoch, then by expert: 0 .. 1. */ shares: readonly { epoch: number; experts: readonly number[] }[];
};

export type RunPageFacts = {
  /** What the run is: names and values, and where a value leads. */ identity: readonly Fact[];
  /** What holds now, such as that it is still training. */ state: string;
  history: History;
  /** What was measured, as tables. */ results: readonly Block[];
  /** Those of which most, and least, is right, by task. */
  utterances: readonly { title: string; utterances: readonly UtteranceFacts[] }[];
};

/** All of a run on a page: what it is, how its training went, which experts it uses, what it says. */
export function runPage({ identity, state, history, results, utterances }: RunPageFacts): Block[] {
  const spoken = utterances.flatMap(({ title, utterances: some }): Block[] => [
    { heading: title },
    { utterances: some },
  ]);
  return [
    { facts: identity },
    { text: state },
    ...(results.length > 0 ? [{ heading: 'Results' }, ...results] : []),
    { heading: 'Training' },
    ...trainingBlocks(history),
    ...routerBlocks(history.routers),
    ...spoken,
  ];
}

function trainingBlocks({ steps, epochs }: History): Block[] {
  if (steps.length === 0) return [{ text: 'No step has been taken yet.' }];
  const some = thinned(steps);
  const overSteps = (name: string, read: (step: History['steps'][number]) => number): Curve => ({
    name,
    points: some.map((one) => ({ x: one.step, y: read(one) })),
  });
  const ofEpochs = (name: string, read: (epoch: Epoch) => number | undefined): Curve => ({
    name,
    points: epochs.map((one) => ({ x: one.step, y: read(one) })),
  });
  const plots = [
    ['loss of each step', [overSteps('step', ({ loss }) => loss)]],
    ['learning rate', [overSteps('learning rate', ({ learningRate }) => learningRate)]],
    ['loss of an epoch, training', [ofEpochs('training', ({ trainLoss }) => trainLoss)]],
    ['loss of an epoch, validation', [ofEpochs('validation', ({ validLoss }) => validLoss)]],
    ['sentiment, validation', [ofEpochs('correlation', (e) => e.corr), ofEpochs('absolute error', (e) => e.mae)]],
    ['emotion, validation', [ofEpochs('recall', (e) => e.recall), ofEpochs('weighted F1', (e) => e.weightedF1)]],
  ] as const;
  const shownPlots = plots
    .map(([title, lines]) => ({ title, lines: lines.filter(hasPoints) }))
    .filter(({ lines }) => lines.length > 0);
  return [
    {
      plots: shownPlots.map(({ title, lines }): Plot => ({ title, html: curves(title, 'step', lines) })),
      text: `${steps.length} steps, ${epochs.length} epochs; the curves stand in the page.`,
    },
    ...(epochs.length > 0 ? [epochTable(epochs)] : []),
  ];
}

const hasPoints = ({ points }: Curve) => points.some(({ y }) => y !== undefined && Number.isFinite(y));

/** So many points of a curve say as much as all. */
const MAX_POINTS = 400;

/** Evenly, the last one among them. */
function thinned<T>(all: readonly T[]): T[] {
  if (all.length <= MAX_POINTS) return [...all];
  return Array.from({ length: MAX_POINTS }, (_, i) => all[Math.round((i * (all.length - 1)) / (MAX_POINTS - 1))]!);
}

/** Epochs as a table has them: the best and the last few of many. */
const TABLE_EPOCHS = 12;

function epochTable(epochs: readonly Epoch[]): Block {
  const best = epochs.findLast((one) => one.best);
  const late = epochs.slice(-TABLE_EPOCHS);
  const rows = best && !late.includes(best) ? [best, ...late] : late;
  const cell = (value: number | undefined) => value?.toFixed(3) ?? '';
  return {
    table: {
      head: ['epoch', 'step', 'train loss', 'valid loss', 'corr', 'MAE', 'recall', 'accuracy', 'wF1', 'model'],
      rows: rows.map((one) => [
        `${one.epoch}`,
        `${one.step}`,
        ...[one.trainLoss, one.validLoss, one.corr, one.mae, one.recall, one.accuracy, one.weightedF1].map(cell),
        one === best ? 'kept' : '',
      ]),
    },
  };
}

function routerBlocks(routers: readonly Router[]): Block[] {
  if (routers.length === 0) return [];
  return [
    { heading: 'Which shared experts the routers select' },
    {
      text: 'A row an epoch, a column an expert: white where none of up to 64 validation samples selected it, dark blue where all did. Each modality, block and task has a router of its own.',
    },
    {
      plots: routers.map(({ modality, block, task, shares }): Plot => {
        const title = `${modality}, block ${block}, ${task}`;
        const rows = shares.map(({ epoch }) => `${epoch}`);
        const cells = shares.map(({ experts }) => experts);
        return { title, html: heatMap(title, { x: 'expert', y: 'epoch', rows, cells }) };
      }),
      text: `${routers.length} routers; their maps stand in the page.`,
    },
  ];
}
