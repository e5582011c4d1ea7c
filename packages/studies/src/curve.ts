import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILES, selectionScore, type TrainEvent } from '@mmolre/training';
import type { Curve } from './pruners';
import type { StudyMetric } from './study-file';

/** The score of each epoch of a run up to now, from its log; none before the first has ended. */
export async function readCurve(run: string, metric: StudyMetric): Promise<Curve> {
  const file = join(run, RUN_FILES.log);
  if (!existsSync(file)) return [];
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1); // the last may not be whole yet
  return lines
    .filter((line) => line.includes('"event":"epoch"'))
    .map((line) => {
      const { epoch, validLoss, valid } = JSON.parse(line) as Extract<TrainEvent, { event: 'epoch' }>;
      return selectionScore(metric, { epoch, loss: validLoss }, valid);
    });
}

/** What a metric is where its score is that: losses and errors count as they are, of all others higher is better. */
export const metricValue = (metric: StudyMetric, score: number): number =>
  metric === 'loss' || metric === 'sentiment.mae' ? score : -score;
