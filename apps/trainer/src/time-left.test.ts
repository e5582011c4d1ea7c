import { expect, test } from 'vitest';
import { duration, timeLeft } from './time-left';

test('a duration in seconds below a minute, then in minutes, then in hours and minutes', () => {
  const cases: [number, string][] = [
    [0, '0 s'],
    [29.6, '30 s'],
    [59.4, '59 s'],
    [59.5, '1 min'],
    [89, '1 min'],
    [240, '4 min'],
    [3569, '59 min'],
    [3570, '1 h 00 min'],
    [3900, '1 h 05 min'],
    [86_400, '24 h 00 min'],
  ];
  for (const [seconds, text] of cases) expect(duration(seconds), `${seconds}`).toBe(text);
});

test('the time that is left, and the longest where early stopping is likely to come first', () => {
  expect(timeLeft(100, 1000, 1000, 0.25)).toBe('1 h 00 min left');
  expect(timeLeft(100, 1000, 160, 0.25)).toBe('about 4 min left, at most 1 h 00 min');
  expect(timeLeft(1000, 1000, 1000, 0.25)).toBe('0 s left');
  expect(timeLeft(0, 1000, 1000, 0)).toBe('–');
});
