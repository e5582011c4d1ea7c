import { CATEGORIES, type Metric } from '@mmolre/metrics';
import Table from 'cli-table3';
import type { Report } from './evaluate-run';

const show = (value: Metric, digits = 3) => value?.toFixed(digits) ?? 'undefined';

/** Both tasks' results beside the baselines, for a terminal. */
export function tables({ model, baselines, count, split, data }: Report): string {
  const plain = { style: { head: [], border: [] } };
  const sentiment = new Table({ head: ['sentiment', 'model', 'always the training median'], ...plain });
  const [s, b] = [model.sentiment, baselines.sentiment];
  sentiment.push(
    ['mean absolute error (-3 .. +3)', show(s.mae), show(b.mae)],
    ['correlation', show(s.corr), show(b.corr)],
    ['Acc7', show(s.acc7), show(b.acc7)],
    ['Acc5', show(s.acc5), show(b.acc5)],
    [
      'Acc2 / F1, zero included',
      `${show(s.has0.acc2)} / ${show(s.has0.f1)}`,
      `${show(b.has0.acc2)} / ${show(b.has0.f1)}`,
    ],
    [
      'Acc2 / F1, zero left out',
      `${show(s.non0.acc2)} / ${show(s.non0.f1)}`,
      `${show(b.non0.acc2)} / ${show(b.non0.f1)}`,
    ],
  );

  const emotion = new Table({
    head: [
      'emotion',
      'share',
      'threshold',
      'accuracy',
      'weighted F1',
      'F1',
      'accuracy, majority',
      'weighted F1, majority',
    ],
    ...plain,
  });
  for (const [name, e] of Object.entries(model.emotion.perEmotion)) {
    const base = baselines.emotion.perEmotion[name]!;
    emotion.push([
      name,
      show(e.prevalence),
      show(e.threshold),
      show(e.accuracy),
      show(e.weightedF1),
      show(e.f1),
      show(base.accuracy),
      show(base.weightedF1),
    ]);
  }
  const [mean, always] = [model.emotion.mean, baselines.emotion.mean];
  emotion.push([
    'mean',
    '',
    '',
    show(mean.accuracy),
    show(mean.weightedF1),
    '',
    show(always.accuracy),
    show(always.weightedF1),
  ]);

  const recall = new Table({ head: ['recall of the category', 'model', 'always the training majority'], ...plain });
  const [own, base] = [model.emotion.categoryRecall, baselines.emotion.categoryRecall];
  for (const name of CATEGORIES) recall.push([name, show(own.perCategory[name]), show(base.perCategory[name])]);
  recall.push(['mean', show(own.mean), show(base.mean)]);

  const note = Object.values(model.emotion.perEmotion).some((e) => e.accuracy === undefined)
    ? 'undefined: every sample has, or none has, that emotion, or all predictions are equal\n'
    : '';
  return `${count} samples of the ${split} split of ${data}\n${sentiment}\n${emotion}\n${recall}\n${note}`;
}
