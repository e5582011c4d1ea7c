import { expect, test } from 'vitest';
import { configFields, shownValue } from './config-fields';

test.each([
  ['text', '"text"'],
  ['x'.repeat(1e6), /^"x{59}$/],
  [Number.NaN, 'NaN'],
  [null, 'null'],
  [undefined, 'nothing'],
  [[512, 0], '[512,0]'],
  [[[1]], 'a list of 1'],
  [new Array(1e6).fill(1), 'a list of 1000000'],
  [{ a: 1 }, 'an object'],
])('%.20s stands in a message as it is, if that is short', (value, shown) => {
  expect(shownValue(value)).toMatch(shown);
});

test('a size that no encoder has is refused, and so is a value too deep to be shown', () => {
  const deep = JSON.parse(`${'['.repeat(1e5)}${']'.repeat(1e5)}`);
  const { size, problems } = configFields({ layers: 2 ** 30, width: deep }, 'config.json');
  size('layers', 12, 1, 1024);
  size('width', 768);
  expect(problems).toEqual([
    'layers: expected a whole number of 1 .. 1024, found 1073741824',
    'width: expected a whole number of 1 .. 1048576, found a list of 1',
  ]);
});
