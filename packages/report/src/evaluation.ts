import { CATEGORIES, type EmotionMetrics, type Metric, paperResults, type SentimentMetrics } from '@mmolre/metrics';
import { type Block, shown, type Table } from './document';
import { paperTables } from './paper';
import { type PartFacts, partsTable } from './parts';
import type { Scores } from './scores';
import { type OwnRow, type SimpleRow, simpleBlock } from './simple';

export type EvaluationFacts = {
  /** Folder of the data set. */ data: string;
  /** Which known data set it is, by its content and with as many samples of the split as published; undefined if none. */
  corpus: string | undefined;
  split: string;
  /** Samples of it. */ count: number;
  model: Scores;
  /** Parts of the split by themselves. */ parts: readonly PartFacts[];
  /** What the model is given. */ reads: OwnRow['reads'];
  /** Always the training median for sentiment, never any emotion. */ baselines: Scores;
  /** Simple models on the same samples; undefined where the run has none. */ simple: readonly SimpleRow[] | undefined;
  /** What the run is, in a line. */ made: string | undefined;
  /** What must be said with the figures. */ warning: string | undefined;
};

/** The results of the model's tasks beside simple models, baselines and the paper's. */
export function evaluationReport({
  model,
  reads,
  baselines,
  simple,
  count,
  split,
  data,
  corpus,
  parts,
  made,
  warning,
}: EvaluationFacts): Block[] {
  const { sentiment, emotion } = model;
  const ofParts = partsTable(parts);
  const tables = [
    ...(sentiment ? [sentimentTable(sentiment, baselines.sentiment!, corpus)] : []),
    ...(emotion ? [emotionTable(emotion, baselines.emotion!, corpus), recallTable(emotion)] : []),
    ...(ofParts ? [ofParts.table] : []),
    ...paperTables(corpus, model),
  ];
  const notes = [
    ...(Object.values(emotion?.perEmotion ?? {}).some(({ accuracy }) => accuracy === undefined)
      ? ['undefined: every sample has, or none has, that emotion, or all predictions are equal']
      : []),
    ...(tables.some(({ head }) => head.some((title) => title.includes(ELSEWHERE)))
      ? [`${ELSEWHERE} what the paper reports of other data than this, with which these figures cannot be compared`]
      : []),
    ...(ofParts?.notes ?? []),
  ];
  return [
    { text: `${count} samples of the ${split} split of ${data}` },
    ...(made ? [{ text: made }] : []),
    simpleBlock(simple, { name: 'this model', reads, scores: [model] }),
    ...tables.map((table) => ({ table })),
    ...(warning ? [{ warning }] : []),
    ...(notes.length > 0 ? [{ lines: notes }] : []),
  ];
}

/** Marks figures of other data than what was evaluated. */
const ELSEWHERE = '*';

/** `MMoLRE on MOSI`, marked unless that is what was evaluated. */
const paperColumn = (name: 'MOSI' | 'MOSEI', corpus: string | undefined) =>
  `MMoLRE on ${name}${corpus === name.toLowerCase() ? '' : ELSEWHERE}`;

const paperSentiment = paperResults.sentiment.find(({ method }) => method === 'MMoLRE')!;
const paperEmotion = paperResults.emotion.find(({ method }) => method.startsWith('MMoLRE'))!;
const percent = (value: Metric) => value && value / 100;
const pair = (accuracy: Metric, f1: Metric) => `${shown(accuracy)} / ${shown(f1)}`;

function sentimentTable(own: SentimentMetrics, baseline: SentimentMetrics, corpus: string | undefined): Table {
  const paper = [paperSentiment.mosi, paperSentiment.mosei].map((p) => ({
    ...{ mae: p.mae, corr: p.corr, acc7: percent(p.acc7), acc5: percent(p.acc5) },
    has0: { acc2: percent(p.acc2Has0), f1: percent(p.f1Has0) },
    non0: { acc2: percent(p.acc2Non0), f1: percent(p.f1Non0) },
  }));
  type Shown = Omit<SentimentMetrics, 'count'>;
  const row = (name: string, cell: (metrics: Shown) => string) => [name, ...[own, baseline, ...paper].map(cell)];
  return {
    head: ['sentiment', 'model', 'always the median', paperColumn('MOSI', corpus), paperColumn('MOSEI', corpus)],
    rows: [
      row('mean absolute error (-3 .. +3)', ({ mae }) => shown(mae)),
      row('correlation', ({ corr }) => shown(corr)),
      row('Acc7', ({ acc7 }) => shown(acc7)),
      row('Acc5', ({ acc5 }) => shown(acc5)),
      row('Acc2 / F1, zero included', ({ has0 }) => pair(has0.acc2, has0.f1)),
      row('Acc2 / F1, zero left out', ({ non0 }) => pair(non0.acc2, non0.f1)),
    ],
  };
}

function emotionTable(own: EmotionMetrics, baseline: EmotionMetrics, corpus: string | undefined): Table {
  const rows = Object.entries(own.perEmotion).map(([name, e]) => {
    const base = baseline.perEmotion[name]!;
    const paper = paperEmotion.perEmotion[name as keyof typeof paperEmotion.perEmotion];
    return [
      name,
      shown(e.prevalence),
      shown(e.threshold),
      shown(e.f1),
      pair(e.accuracy, e.weightedF1),
      pair(base.accuracy, base.weightedF1),
      pair(percent(paper.accuracy), percent(paper.weightedF1)),
    ];
  });
  const means = [own.mean, baseline.mean].map(({ accuracy, weightedF1 }) => pair(accuracy, weightedF1));
  const { accuracy, weightedF1 } = paperEmotion.mean;
  const paper = paperColumn('MOSEI', corpus);
  return {
    head: ['emotion', 'share', 'threshold', 'F1', 'accuracy / weighted F1', 'never any emotion', paper],
    rows: [...rows, ['mean', '', '', '', ...means, pair(percent(accuracy), percent(weightedF1))]],
  };
}

const recallTable = ({ categoryRecall: { perCategory, mean } }: EmotionMetrics): Table => ({
  head: ['recall of the category', 'model'],
  rows: [...CATEGORIES.map((name) => [name, shown(perCategory[name])]), ['mean', shown(mean)]],
});
