import { expect, test } from 'vitest';
import { rowsOf } from '../../test/csv-rows';
import { readClaims } from './claims';

test('reads what was published; what was not is left out', () => {
  const found = readClaims(
    rowsOf('system,metric,value,samples,prevalence', 'A,acc2_has0,86.31,4659,', 'A,corr,-,,', 'A,fear_f1,0.86,,9.5 %'),
  );
  expect(found.map(({ metric, samples, line }) => [metric, samples, line])).toEqual([
    ['acc2_has0', 4659, 2],
    ['fear_f1', undefined, 4],
  ]);
  expect(found[0]!.value).toEqual({ text: '86.31', low: expect.closeTo(0.86305, 8), high: expect.closeTo(0.86315, 8) });
  expect(found[1]!.prevalence!.low).toBeCloseTo(0.0945, 8);
});

test.each([
  [['system,metric', 'A,mae'], 'line 1: expected columns system, metric and value; value not found'],
  [['system,metric,value', 'A,acc2,1'], 'line 2, column metric: expected mae, corr, acc7'],
  [['system,metric,value', 'A,mae,ca. 0.5'], 'line 2, column value: expected a number such as 86.31, found "ca. 0.5"'],
  [['system,metric,value,samples', 'A,mae,0.5,1e9'], 'line 2, column samples: expected a whole number of 1 to 100000'],
  [['system,metric,value,samples', 'A,mae,0.5,0'], 'line 2, column samples: expected a whole number of 1 to 100000'],
  [['system,metric,value,prevalence', 'A,mae,0.5,?'], 'line 2, column prevalence: expected a number'],
])('%j: %s', (lines, message) => {
  expect(() => readClaims(rowsOf(...lines))).toThrow(message);
});
