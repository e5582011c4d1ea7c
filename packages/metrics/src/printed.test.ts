import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPrintedAs, readPrinted } from './printed';

test('a printed number stands for half a unit of its last digit around it', () => {
  const { low, high } = readPrinted('0.83', false)!;
  expect([low, high]).toEqual([expect.closeTo(0.825, 8), expect.closeTo(0.835, 8)]);
});

test('a share above 1 or with a sign is per cent; another number never is', () => {
  expect(readPrinted('86.31', true)!.low).toBeCloseTo(0.86305, 8);
  expect(readPrinted('0.5 %', true)!.low).toBeCloseTo(0.0045, 8);
  expect(readPrinted('0.8631', true)!.low).toBeCloseTo(0.86305, 8);
  expect(readPrinted('1.2', false)!.low).toBeCloseTo(1.15, 8);
  expect(readPrinted('-.5', false)!.high).toBeCloseTo(-0.45, 8);
});

test('both ways of rounding a half fit', () => {
  for (const printed of ['0.12', '0.13']) expect(isPrintedAs(0.125, readPrinted(printed, true)!)).toBe(true);
});

test('what is printed with so many digits fits what it was printed of', () => {
  fc.assert(
    fc.property(fc.double({ min: -5, max: 5, noNaN: true }), fc.integer({ min: 0, max: 6 }), (value, digits) => {
      expect(isPrintedAs(value, readPrinted(value.toFixed(digits), false)!)).toBe(true);
    }),
  );
});

test.each(['', '-', '.', 'x', '1e3', 'NaN', '1.2.3', '1,2', '<b>'])('%s is no number', (text) => {
  expect(readPrinted(text, true)).toBeUndefined();
});
