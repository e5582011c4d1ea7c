import { describe, expect, test } from 'vitest';
import { rowsOf } from '../../test/csv-rows';
import { paperResults } from '../paper-results';
import { check } from './check';
import { readClaims } from './claims';
import type { Predictions } from './predictions';

const verdictsOf = (lines: string[], options: { predictions?: Predictions; samples?: number } = {}, columns = '') => {
  const claims = readClaims(rowsOf(`system,metric,value${columns}`, ...lines));
  return check({ claims, thresholds: '', ...options }).verdicts.map(({ claim, kind, reason }) => [
    claim.metric,
    kind,
    reason,
  ]);
};
const kinds = (...args: Parameters<typeof verdictsOf>) => verdictsOf(...args).map(([, kind]) => kind);

/** 686 samples, whose scores are off by a pattern of their own. */
const predictions: Predictions = {
  rows: 686,
  sentiment: {
    labels: Array.from({ length: 686 }, (_, i) => ((i * 7) % 31) / 5 - 3),
    scores: Array.from({ length: 686 }, (_, i) => ((i * 7) % 31) / 5 - 3 + 1.3 * Math.sin(i) - 0.3),
  },
  emotions: undefined,
};
const figures = check({ predictions, thresholds: '' }).sentiment!.figures;
const percent = (name: string) => (100 * figures[name]!).toFixed(2);

describe('with predictions', () => {
  test('every number that is right fits, as a share or per cent', () => {
    const names = ['acc2_has0', 'f1_has0', 'acc2_non0', 'f1_non0', 'acc7', 'acc5', 'mae', 'corr'];
    const shares = names.map((name) => `A,${name},${figures[name]!.toFixed(3)}`);
    expect(kinds(shares, { predictions })).toEqual(names.map(() => 'fits'));
    const inPercent = names.slice(0, 6).map((name) => `A,${name},${percent(name)}`);
    expect(kinds(inPercent, { predictions })).toEqual(names.slice(0, 6).map(() => 'fits'));
  });

  test('one F1 of the wrong order, one accuracy that cannot be and one swapped column are found out, and nothing else', () => {
    expect(percent('f1_has0')).not.toBe(percent('f1_has0_by_prediction'));
    const found = verdictsOf(
      [
        `A,acc2_has0,${percent('acc2_has0')}`,
        `A,f1_has0,${percent('f1_has0_by_prediction')}`,
        'A,acc5,52.01',
        `A,acc7,${percent('acc7')}`,
        `A,acc2_non0,${percent('f1_non0')}`,
        `A,f1_non0,${percent('acc2_non0')}`,
        `A,mae,${figures.mae!.toFixed(3)}`,
        `A,corr,${figures.corr!.toFixed(3)}`,
      ],
      { predictions },
    );
    expect(found.map(([, kind]) => kind)).toEqual([
      ...['fits', 'other order', 'unreachable', 'fits'],
      ...['other metric', 'other metric', 'fits', 'fits'],
    ]);
    const reasons = found.map(([, , reason]) => reason);
    expect(reasons[1]).toContain('with weights by prediction; by truth it is');
    expect(reasons[2]).toBe('no number of right answers among 686 samples is printed so');
    expect(reasons[4]).toContain('swapped with f1_non0');
    expect(reasons[5]).toContain('swapped with acc2_non0');
  });

  test('another number that can be reached differs; one that was not predicted is open', () => {
    const lines = ['A,mae,0.1', 'A,fear_accuracy,90.5'];
    expect(verdictsOf(lines, { predictions })).toEqual([
      ['mae', 'differs', `computed ${figures.mae!.toFixed(4)}`],
      ['fear_accuracy', 'open', 'the predictions have no such column'],
    ]);
  });

  test('a number of another column that is not claimed is named by it', () => {
    const [verdict] = verdictsOf([`A,acc2_has0,${percent('acc2_non0')}`], { predictions });
    expect(verdict).toEqual(['acc2_has0', 'other metric', expect.stringContaining('what acc2_non0 would be')]);
  });

  test('what is undefined fits nothing', () => {
    const constant = { ...predictions, sentiment: { labels: [1, 1], scores: [1.4, 1.4] } };
    expect(verdictsOf(['A,corr,0.00', 'A,acc2_has0,99.9'], { predictions: constant })).toEqual([
      ['corr', 'differs', 'computed undefined'],
      ['acc2_has0', 'unreachable', expect.any(String)],
    ]);
  });
});

describe('without predictions', () => {
  const known = ',samples,prevalence';

  test('91.7 / 87.8 of the paper is the all-negative predictor in the right order', () => {
    const { accuracy, weightedF1 } = paperResults.emotion.at(-1)!.perEmotion.surprise;
    const lines = [`MMoLRE,surprise_accuracy,${accuracy}`, `MMoLRE,surprise_f1,${weightedF1}`];
    for (const [, kind, reason] of [...verdictsOf(lines, { samples: 4662 }), ...verdictsOf(lines)]) {
      expect(kind).toBe('one answer');
      expect(reason).toContain('all-negative (or all-positive) predictor, weights by truth (the right order)');
    }
  });

  test('with a prevalence it is told from the all-positive one', () => {
    const lines = (share: string) => [`A,fear_accuracy,91.7,4662,${share}`, `A,fear_f1,87.8,4662,${share}`];
    expect(verdictsOf(lines('0.083'), {}, known)[1]![2]).toMatch(/^the all-negative predictor/);
    expect(verdictsOf(lines('0.917'), {}, known)[1]![2]).toMatch(/^the all-positive predictor/);
  });

  test('2a/(1 + a) is it in the wrong order', () => {
    const lines = ['A,fear_accuracy,91.7', 'A,fear_f1,95.7'];
    expect(verdictsOf(lines)[1]).toEqual(['fear_f1', 'one answer', expect.stringContaining('(the wrong order)')]);
    const both = ['A,fear_accuracy,91.7,4662,0.083', 'A,fear_f1,95.7,4662,0.083'];
    expect(kinds(both, {}, known)[1]).toBe('other order');
  });

  test('an accuracy or an F1 that so many samples cannot have is found out', () => {
    expect(verdictsOf(['A,acc7,48.68', 'A,acc2_has0,80', 'A,f1_has0,20'], { samples: 10 })).toEqual([
      ['acc7', 'unreachable', 'no number of right answers among 10 samples is printed so'],
      ['acc2_has0', 'open', 'nothing against it with 10 samples'],
      ['f1_has0', 'unreachable', 'no predictions have it beside acc2_has0 80, of 10 samples'],
    ]);
  });

  test('Acc7 is never above Acc5', () => {
    expect(kinds(['A,acc7,57', 'A,acc5,54', 'B,acc7,54', 'B,acc5,57'])).toEqual([
      'unreachable',
      'open',
      'open',
      'open',
    ]);
  });

  test('of Non0 and of means the number of samples is not known', () => {
    expect(kinds(['A,acc2_non0,48.68', 'A,mean_accuracy,48.68'], { samples: 10 })).toEqual(['open', 'open']);
    expect(kinds(['A,acc2_non0,48.68,10'], {}, ',samples')).toEqual(['unreachable']);
  });

  test('systems are not mixed', () => {
    expect(kinds(['A,fear_accuracy,91.7', 'B,fear_f1,87.8'])).toEqual(['open', 'open']);
  });
});
