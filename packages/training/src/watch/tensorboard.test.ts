import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { epochEvent, gatesEvent, startEvent, stepEvent } from './__fixtures__/events';
import { tensorBoardReader } from './__fixtures__/tensorboard-reader';
import { eventRecord } from './event-record';
import { tensorBoard } from './tensorboard';
import type { WatchedEvent } from './watcher';

const read = await tensorBoardReader().catch(({ message }: Error) => message);
const absent = typeof read === 'string';
if (absent) console.warn(`event files as TensorBoard reads them are not tested: ${read}`);
const readEvents = async (folder: string) => {
  if (typeof read === 'string') throw new Error(read);
  return read(folder);
};

const root = mkdtempSync(join(tmpdir(), 'mmolre-tensorboard-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => join(root, `${++folders}`, 'tensorboard');

async function write(folder: string, events: readonly WatchedEvent[]) {
  const watcher = tensorBoard(folder);
  for (const event of events) watcher.event(event);
  await watcher.close();
}
const steps = (from: number, to: number, factor?: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => stepEvent(from + i, factor));

test('a record is byte for byte that of TensorBoard', () => {
  expect(Buffer.from(eventRecord(1.5, 0, { fileVersion: 'brain.Event:2' })).toString('hex')).toBe(
    '1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c',
  );
});

test.skipIf(absent)('TensorBoard reads every number at its step', async () => {
  const folder = newFolder();
  await write(folder, [startEvent(0), ...steps(1, 3), epochEvent(3), gatesEvent(3), ...steps(4, 5)]);
  const { scalars, histograms } = await readEvents(folder);
  const float = Math.fround;
  expect(scalars['train/loss']).toEqual([1, 2, 3, 4, 5].map((step) => [step, float(1 / step)]));
  expect(scalars['train/learningRate']).toEqual([1, 2, 3, 4, 5].map((step) => [step, float(1e-3 / step)]));
  expect(scalars['train/samplesPerSecond']).toEqual([2, 3, 5].map((step) => [step, 8]));
  const ofEpoch = Object.entries(scalars).filter(([tag]) => !/loss$|Rate$|Second$/.test(tag));
  expect(Object.fromEntries(ofEpoch.map(([tag, [point]]) => [tag, point]))).toEqual({
    'train/epochLoss': [3, 1.5],
    'valid/sentiment/mae': [3, float(3.5 / 3)],
    'valid/sentiment/acc7': [3, 0],
    'valid/sentiment/acc5': [3, 0],
    'valid/sentiment/has0/acc2': [3, float(2 / 3)],
    'valid/sentiment/has0/f1': [3, float(8 / 15)],
    'valid/sentiment/non0/acc2': [3, float(2 / 3)],
    'valid/sentiment/non0/f1': [3, float(8 / 15)],
    'valid/emotion/perEmotion/happiness/accuracy': [3, 1],
    'valid/emotion/perEmotion/happiness/weightedF1': [3, 1],
    'valid/emotion/perEmotion/happiness/f1': [3, 1],
    'valid/emotion/perEmotion/happiness/threshold': [3, 0.5],
    'valid/emotion/mean/accuracy': [3, 1],
    'valid/emotion/mean/weightedF1': [3, 1],
    'valid/emotion/mean/f1': [3, 1],
    'valid/emotion/categoryRecall/mean': [3, 1],
    'valid/emotion/categoryRecall/perCategory/happiness': [3, 1],
    'valid/emotion/categoryRecall/perCategory/none': [3, 1],
  });
  expect(scalars['valid/loss']).toEqual([[3, 1.25]]);
  expect(histograms).toEqual({
    'gates/text/block1/sentiment': [
      [
        3,
        {
          min: 0.125,
          max: 0.5,
          num: 4,
          sum: 1.5,
          sumSquares: 0.125 ** 2 + 0.25 + 0.25 + 0.375 ** 2,
          bucketLimit: [0.25, 0.5, 0.75],
          bucket: [1, 1, 2],
        },
      ],
    ],
    'experts/text/block1/sentiment': [
      [3, { min: 1, max: 2, num: 4, sum: 6, sumSquares: 10, bucketLimit: [1.5, 2.5], bucket: [2, 2] }],
    ],
  });
});

test.skipIf(absent)('one that goes on drops what came after, one that starts anew drops all', async () => {
  const folder = newFolder();
  await write(folder, [startEvent(0), ...steps(1, 3), epochEvent(3), gatesEvent(3), ...steps(4, 6), epochEvent(6)]);
  await write(folder, [startEvent(3), ...steps(4, 5, 7)]);
  const goneOn = await readEvents(folder);
  const losses = [1, 1 / 2, 1 / 3, 7 / 4, 7 / 5].map((loss, i) => [i + 1, Math.fround(loss)]);
  expect(goneOn.scalars['train/loss']).toEqual(losses);
  expect(goneOn.scalars['valid/loss']).toEqual([[3, 1.25]]);
  expect(goneOn.histograms['gates/text/block1/sentiment']).toHaveLength(1);

  await write(folder, [startEvent(0), ...steps(1, 1, 9)]);
  const anew = await readEvents(folder);
  expect(anew.scalars['train/loss']).toEqual([[1, 9]]);
  expect(anew.scalars['valid/loss']).toEqual([]);
});

test.skipIf(absent)(
  'what was written is there before the end, also after one that was killed, by a clock that went ahead',
  async () => {
    const folder = newFolder();
    await write(folder, [startEvent(0)]);
    const record = eventRecord(1.5, 0, { fileVersion: 'brain.Event:2' });
    writeFileSync(join(folder, 'events.out.tfevents.9000000000.other'), record.subarray(0, 20));
    const watcher = tensorBoard(folder);
    for (const event of [startEvent(0), ...steps(1, 3), epochEvent(3)]) watcher.event(event);
    expect((await readEvents(folder)).scalars['valid/loss']).toEqual([[3, 1.25]]);
    expect(readdirSync(folder).filter((name) => name.includes('9000000001'))).toHaveLength(1);
    await watcher.close();
  },
);
