import { MODALITIES } from '@mmolre/model';
import { type Histogram, histogramOf } from './gates';
import type { WatchedEvent } from './watcher';

/** Of an evaluation, what the data alone decide. */
const NO_METRICS = new Set(['count', 'leftOut', 'prevalence']);

/**
 * The numbers of one event after another, by their tags: `train/…` of a step, `valid/…` and `train/epochLoss` of an epoch. A metric that is
 * undefined is left out; so is the speed of a step after an epoch, which the validation would slow.
 */
export function createScalars(): (event: WatchedEvent) => Record<string, number> {
  let lastStep: number | undefined;
  return (event) => {
    const before = lastStep;
    lastStep = event.event === 'step' ? event.seconds : undefined;
    if (event.event === 'step') {
      const speed = before !== undefined && event.seconds > before && event.samples / (event.seconds - before);
      return {
        'train/loss': event.loss,
        'train/learningRate': event.learningRate,
        ...(speed && { 'train/samplesPerSecond': speed }),
      };
    }
    if (event.event !== 'epoch') return {};
    const { trainLoss, validLoss, valid } = event;
    return {
      'train/epochLoss': trainLoss,
      'valid/loss': validLoss,
      ...Object.fromEntries(numbersIn('valid', valid)),
    };
  };
}

function numbersIn(tag: string, value: unknown): [string, number][] {
  if (typeof value === 'number') return [[tag, value]];
  return Object.entries(value ?? {}).flatMap(([name, part]) =>
    NO_METRICS.has(name) ? [] : numbersIn(`${tag}/${name}`, part),
  );
}

/**
 * The histograms of an event by their tags: `gates/text/block1/sentiment` of the gates of selected experts, and
 * `experts/text/block1/sentiment` of the numbers, from 0, of the experts that were selected. None where gates are NaN.
 */
export function histogramsOf(event: WatchedEvent): Record<string, Histogram> {
  if (event.event !== 'gates') return {};
  return Object.fromEntries(
    MODALITIES.flatMap((modality) =>
      event.gates[modality].flatMap((block, i) =>
        Object.entries(block).flatMap(([task, { histogram, selected }]): [string, Histogram][] => {
          if (!histogram) return [];
          const place = `${modality}/block${i + 1}/${task}`;
          const numbers = selected.flatMap((count, n) => new Array<number>(count).fill(n));
          const edges = Array.from({ length: selected.length + 1 }, (_, n) => n - 0.5);
          return [
            [`gates/${place}`, histogram],
            [`experts/${place}`, histogramOf(numbers, edges)],
          ];
        }),
      ),
    ),
  );
}
