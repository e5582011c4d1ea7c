import type { Ranks } from '@mmolre/backend';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { waitForLead, whileOthersWait } from './wait';

beforeAll(() => tf.setBackend('cpu'));

/** Rank 0, or one that hears what rank 0 said. */
function ranksOf(said: number[], rank: number): Ranks {
  const heard = [...said];
  const sum = (values: tf.Tensor1D) => {
    if (rank === 0) said.push(values.dataSync()[0]!);
    return rank === 0 ? tf.clone(values) : tf.tensor1d([heard.shift()!]);
  };
  return { rank, size: 2, sum, broadcast: sum };
}

test('while rank 0 works it says so every second, and the others go on when it is done', async () => {
  const said: number[] = [];
  const before = tf.memory().numTensors;
  const work = async () => {
    await new Promise((done) => setTimeout(done, 2500));
    return 'done';
  };
  expect(await whileOthersWait(ranksOf(said, 0), work)).toBe('done');
  expect(said).toEqual([0, 0, 1]);
  waitForLead(ranksOf(said, 1)); // ends
  await expect(whileOthersWait(ranksOf([], 0), () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
  expect(await whileOthersWait(undefined, async () => 1)).toBe(1);
  expect(tf.memory().numTensors).toBe(before);
});

test('where the others are gone, the work of rank 0 is done, and then that is said', async () => {
  const lost = () => {
    throw new Error('rank 0 of 2: the connection to rank 1 is lost');
  };
  let done = false;
  const work = async () => {
    await new Promise((later) => setTimeout(later, 1200));
    done = true;
  };
  const waiting = whileOthersWait({ rank: 0, size: 2, sum: lost, broadcast: lost }, work);
  await expect(waiting).rejects.toThrow('the connection to rank 1 is lost');
  expect(done).toBe(true);
});
