import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readAhead } from './read-ahead';

test('loads in order, no more ahead than asked', async () => {
  const started: number[] = [];
  const load = async (key: number) => {
    started.push(key);
    await sleep(key % 3);
    return key * 10;
  };
  const values: number[] = [];
  const keys = Array.from({ length: 9 }, (_, i) => i);
  for await (const { value } of readAhead(keys, load, 2)) {
    values.push(value);
    expect(started.length).toBeLessThanOrEqual(values.length + 3);
  }
  expect(values).toEqual(keys.map((key) => key * 10));
  expect(started).toEqual(keys);
});

test('throws where the value would stand, and nothing before it is lost', async () => {
  const load = async (key: number) => {
    if (key === 2) throw new Error('no such clip');
    return key;
  };
  const values: number[] = [];
  const read = async () => {
    for await (const { value } of readAhead([0, 1, 2, 3], load)) values.push(value);
  };
  await expect(read()).rejects.toThrow('no such clip');
  expect(values).toEqual([0, 1]);
});

test('says how long was waited', async () => {
  const waits: number[] = [];
  for await (const { waitSeconds } of readAhead([0, 1], (key) => sleep(key === 0 ? 600 : 0))) waits.push(waitSeconds);
  expect(waits[0]).toBeGreaterThan(0.5);
  expect(waits[1]).toBeLessThan(0.5);
});

test('of nothing, nothing', async () => {
  for await (const _ of readAhead([], async () => 1)) expect.fail('a value');
});
