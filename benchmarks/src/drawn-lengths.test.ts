import { createRng } from '@mmolre/nn';
import { expect, test } from 'vitest';
import { drawLengths } from './drawn-lengths';

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('as many as MOSI has are as long as those of MOSI, and the longer have more tokens', () => {
  const drawn = drawLengths(2199, createRng(1));
  const [seconds, tokens] = [drawn.map((one) => one.seconds), drawn.map((one) => one.tokens)];
  expect(mean(seconds)).toBeCloseTo(4.2, 0.5);
  expect(mean(tokens)).toBeGreaterThan(16);
  expect(mean(tokens)).toBeLessThan(19);
  expect([Math.min(...seconds), Math.max(...seconds)]).toEqual([1, 20]);
  expect(Math.min(...tokens)).toBe(5);
  expect(Math.max(...tokens)).toBe(60);
  expect(tokens.every(Number.isInteger)).toBe(true);
  const long = drawn.filter((one) => one.seconds > 6).map((one) => one.tokens);
  expect(mean(long)).toBeGreaterThan(1.5 * mean(tokens));
});

test('a seed gives the same lengths again, and the first of many are those of few', () => {
  const few = drawLengths(8, createRng(3));
  expect(drawLengths(100, createRng(3)).slice(0, 8)).toEqual(few);
  expect(drawLengths(8, createRng(4))).not.toEqual(few);
});
