import { appendFileSync, closeSync, fsyncSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type EventContent, eventRecord, type SummaryValue } from './event-record';
import type { Histogram } from './gates';
import { createScalars, histogramsOf } from './tags';
import type { Watcher } from './watcher';

/**
 * Writes a training as event files of TensorBoard (`tensorboard --logdir <folder>`): losses, learning rate, samples a second, every metric of
 * a validation, histograms of gates, each at the number of its step.
 *
 * Each start has a file of its own, and tells TensorBoard to drop what earlier files have of later steps. It does so at once with
 * `--load_fast=false`; else for each tag when there is a newer number of it.
 *
 * @param folder Made if it is not there, at the first event; what is in it stays.
 */
export function tensorBoard(folder: string): Watcher {
  const scalars = createScalars();
  let file: number | undefined;
  const write = (step: number, content: EventContent) => {
    const wallTime = Date.now() / 1000;
    if (file === undefined) {
      file = openEventFile(folder);
      appendFileSync(file, eventRecord(wallTime, 0, { fileVersion: 'brain.Event:2' }));
    }
    appendFileSync(file, eventRecord(wallTime, step, content));
  };
  return {
    name: 'TensorBoard',
    event(event) {
      if (event.event === 'start') write(event.step + 1, { sessionLog: { status: 1 } });
      else write(event.step, { summary: { value: summaryOf(scalars(event), histogramsOf(event)) } });
      if (event.event === 'epoch' && file !== undefined) fsyncSync(file);
    },
    async close() {
      if (file === undefined) return;
      fsyncSync(file);
      closeSync(file);
      file = undefined;
    },
  };
}

/** A new file. TensorBoard reads a folder's files in the order of their names: by a time in seconds, which is therefore later than the others'. */
function openEventFile(folder: string): number {
  mkdirSync(folder, { recursive: true });
  const times = readdirSync(folder).map((name) => Number(/^events\.out\.tfevents\.(\d+)/.exec(name)?.[1] ?? 0));
  const time = Math.max(Math.floor(Date.now() / 1000), ...times.map((other) => other + 1));
  return openSync(join(folder, `events.out.tfevents.${time}.${hostname()}.${process.pid}`), 'ax');
}

function summaryOf(scalars: Record<string, number>, histograms: Record<string, Histogram>): SummaryValue[] {
  return [
    ...Object.entries(scalars).map(([tag, simpleValue]) => ({ tag, simpleValue })),
    ...Object.entries(histograms).map(([tag, histogram]) => ({ tag, histo: histoOf(histogram) })),
  ];
}

/** Without the empty bins at both ends: TensorBoard takes the least number for the first bin's border, and the largest for the last one's. */
function histoOf({ edges, counts, min, max, sum, sumSquares }: Histogram) {
  const holds = (count: number) => count > 0;
  const [first, end] = [counts.findIndex(holds), counts.findLastIndex(holds) + 1];
  const bucket = counts.slice(first, end);
  const num = bucket.reduce((total, count) => total + count, 0);
  return { min, max, num, sum, sumSquares, bucketLimit: edges.slice(first + 1, end + 1), bucket };
}
