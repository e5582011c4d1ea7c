import { expect, test } from 'vitest';
import { readThresholds } from './thresholds';

const names = ['anger', 'fear'];

test.each([
  ['', [0.5, 0.5]],
  ['0.4', [0.4, 0.4]],
  ['fear=0.3', [0.5, 0.3]],
  ['fear = 0.3, anger=1', [1, 0.3]],
])('%j', (text, expected) => {
  expect(readThresholds(text, names)).toEqual(expected);
});

test.each([
  ['joy=0.3', 'thresholds: expected one of anger, fear, found "joy"'],
  ['fear=', 'thresholds: expected a number, found ""'],
  ['2', 'thresholds: expected 0 to 1, found 2'],
])('refuses %j', (text, message) => {
  expect(() => readThresholds(text, names)).toThrow(message);
});
