import { basename } from 'node:path';
import { CATEGORIES, type EmotionMetrics, type Metric, paperResults, type SentimentMetrics } from '@mmolre/metrics';
import Table from 'cli-table3';
import type { Report } from './evaluate-run';

const show = (value: Metric, digits = 3) => value?.toFixed(digits) ?? 'undefined';
const plain = { style: { head: [], border: [] } };

/** The results of the model's tasks beside the baselines and the paper's, for a terminal. */
export function tables({ model, baselines, count, split, data, warning }: Report): string {
  const { sentiment, emotion } = model;
  const parts = [
    ...(sentiment ? [sentimentTable(sentiment, baselines.sentiment!, data)] : []),
    ...(emotion ? [emotionTable(emotion, baselines.emotion!, data), recallTable(emotion, baselines.emotion!)] : []),
  ];
  const notes = [
    ...(warning ? [`warning: ${warning}`] : []),
    ...(Object.values(emotion?.perEmotion ?? {}).some(({ accuracy }) => accuracy === undefined)
      ? ['undefined: every sample has, or none has, that emotion, or all predictions are equal']
      : []),
    ...(parts.some((part) => part.includes(ELSEWHERE))
      ? [`${ELSEWHERE} what the paper reports of other data than this, with which these figures cannot be compared`]
      : []),
  ];
  return [`${count} samples of the ${split} split of ${data}`, ...parts, ...notes, ''].join('\n');
}

/** Marks figures of other data than what was evaluated. */
const ELSEWHERE = '*';

/** `MMoLRE on MOSI`, marked unless the folder is called so. */
function paperColumn(corpus: 'MOSI' | 'MOSEI', data: string): string {
  const isIt = new RegExp(`(^|[^a-z])${corpus}([^a-z]|$)`, 'i').test(basename(data));
  return `MMoLRE on ${corpus}${isIt ? '' : ELSEWHERE}`;
}

const paperSentiment = paperResults.sentiment.find(({ method }) => method === 'MMoLRE')!;
const paperEmotion = paperResults.emotion.find(({ method }) => method.startsWith('MMoLRE'))!;
const percent = (value: Metric) => value && value / 100;

function sentimentTable(own: SentimentMetrics, baseline: SentimentMetrics, data: string): string {
  const paper = [paperSentiment.mosi, paperSentiment.mosei].map((p) => ({
    ...{ mae: p.mae, corr: p.corr, acc7: percent(p.acc7), acc5: percent(p.acc5) },
    has0: { acc2: percent(p.acc2Has0), f1: percent(p.f1Has0) },
    non0: { acc2: percent(p.acc2Non0), f1: percent(p.f1Non0) },
  }));
  const table = new Table({
    head: ['sentiment', 'model', 'always the median', paperColumn('MOSI', data), paperColumn('MOSEI', data)],
    ...plain,
  });
  type Shown = Omit<SentimentMetrics, 'count'>;
  const both = ({ acc2, f1 }: { acc2: Metric; f1: Metric }) => `${show(acc2)} / ${show(f1)}`;
  const row = (name: string, cell: (metrics: Shown) => string) =>
    table.push([name, ...[own, baseline, ...paper].map(cell)]);
  row('mean absolute error (-3 .. +3)', ({ mae }) => show(mae));
  row('correlation', ({ corr }) => show(corr));
  row('Acc7', ({ acc7 }) => show(acc7));
  row('Acc5', ({ acc5 }) => show(acc5));
  row('Acc2 / F1, zero included', ({ has0 }) => both(has0));
  row('Acc2 / F1, zero left out', ({ non0 }) => both(non0));
  return table.toString();
}

function emotionTable(own: EmotionMetrics, baseline: EmotionMetrics, data: string): string {
  const pair = (accuracy: Metric, f1: Metric) => `${show(accuracy)} / ${show(f1)}`;
  const table = new Table({
    head: [
      'emotion',
      'share',
      'threshold',
      'F1',
      'accuracy / weighted F1',
      'always the majority',
      paperColumn('MOSEI', data),
    ],
    ...plain,
  });
  for (const [name, e] of Object.entries(own.perEmotion)) {
    const base = baseline.perEmotion[name]!;
    const paper = paperEmotion.perEmotion[name as keyof typeof paperEmotion.perEmotion];
    table.push([
      name,
      show(e.prevalence),
      show(e.threshold),
      show(e.f1),
      pair(e.accuracy, e.weightedF1),
      pair(base.accuracy, base.weightedF1),
      pair(percent(paper.accuracy), percent(paper.weightedF1)),
    ]);
  }
  const means = [own.mean, baseline.mean].map(({ accuracy, weightedF1 }) => pair(accuracy, weightedF1));
  const { accuracy, weightedF1 } = paperEmotion.mean;
  table.push(['mean', '', '', '', ...means, pair(percent(accuracy), percent(weightedF1))]);
  return table.toString();
}

function recallTable({ categoryRecall: own }: EmotionMetrics, { categoryRecall: base }: EmotionMetrics): string {
  const table = new Table({ head: ['recall of the category', 'model', 'always the majority'], ...plain });
  for (const name of CATEGORIES) table.push([name, show(own.perCategory[name]), show(base.perCategory[name])]);
  table.push(['mean', show(own.mean), show(base.mean)]);
  return table.toString();
}
