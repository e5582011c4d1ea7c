import { useBackend } from '@mmolre/backend';
import { toHtml, toMarkdown } from '@mmolre/report';
import { beforeAll, describe, expect, test } from 'vitest';
import { paperBlock } from '../moe-block';
import { AXES, multiplyAdds } from './axes';
import { growthOf, isFaster, TOLERANCE } from './growth';
import { measureBlock } from './measure';
import { type CostMeasure, costBlocks, fasterLines } from './page';

const points = (ms: (work: number) => number) => [1, 2, 4, 8, 16].map((work) => ({ multiplyAdds: work, ms: ms(work) }));

describe('growth', () => {
  test('of a power is that power, in whatever order the points stand', () => {
    const { exponent, upper } = growthOf(points((work) => 3 * work ** 0.7).toReversed());
    expect([exponent, upper]).toEqual([expect.closeTo(0.7, 10), expect.closeTo(0.7, 10)]);
    expect(isFaster({ exponent, upper })).toBe(false);
  });

  test('at large sizes is not hidden by what costs the same at every size', () => {
    const growth = growthOf(points((work) => 100 + work ** 2));
    expect(growth.exponent).toBeLessThan(1);
    expect(growth.upper).toBeCloseTo(growthOf(points((work) => 100 + work ** 2).slice(2)).exponent, 10);
    expect(isFaster({ exponent: 0.5, upper: 1 + TOLERANCE + 0.01 })).toBe(true);
    expect(isFaster(growthOf(points((work) => work ** 1.5)))).toBe(true);
    expect(isFaster(growthOf(points((work) => work)))).toBe(false);
  });
});

test('along every axis there is more work at each point', () => {
  for (const { name, values, size } of AXES) {
    const work = values.map((value) => multiplyAdds(size(value)));
    expect(
      work.every((one, i) => i === 0 || one > work[i - 1]!),
      name,
    ).toBe(true);
  }
  const { size } = AXES.find(({ name }) => name === 'batch')!;
  expect(multiplyAdds(size(64)) / multiplyAdds(size(1))).toBe(64);
});

describe('a block', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'native', log: () => {} });
  });

  test('is measured in both passes, the training step after the forward pass', () => {
    const small = { ...paperBlock(3, 2), dModel: 16, ranks: [4, 4, 4], taskRank: 4 };
    const passes = measureBlock(small, { batch: 2, frames: 9, oneInput: false });
    for (const { ms } of Object.values(passes)) {
      expect(ms.length).toBeGreaterThan(1);
      expect(Math.min(...ms)).toBeGreaterThan(0);
    }
    const [forward, step] = [passes.forward.mib, passes['training step'].mib];
    if (process.platform === 'linux') expect(step).toBeGreaterThanOrEqual(forward!);
  });
});

describe('the report', () => {
  const measure = (pass: CostMeasure['pass'], upper: number): CostMeasure => ({
    ...{ name: `frames, ${pass}`, axis: 'frames', pass, rounds: 3, exponent: 0.9, upper },
    points: [50, 1500].map((value) => ({ value, multiplyAdds: value * 1e9, ms: value, spreadMs: 1, mib: 2 * value })),
  });
  const held = [measure('forward', 1), measure('training step', 1.05)];

  test('says nothing of what is held, and warns of what grows faster', () => {
    expect(fasterLines(held)).toEqual([]);
    const [line] = fasterLines([measure('forward', 1.234)]);
    expect(line).toBe(`frames, forward: time grows with the work to the power 1.23, expected at most ${1 + TOLERANCE}`);
    expect(toMarkdown(costBlocks([measure('forward', 1.234)]))).toContain(`Warning: ${line}.`);
  });

  test('has two pictures an axis, and a row a point', () => {
    const html = toHtml('cost', costBlocks(held));
    expect(html.match(/<figure>/g)).toHaveLength(2);
    expect(html).toContain('frames a sample');
    expect(toMarkdown(costBlocks(held))).toMatch(/\| 1500 +\| +1500\.0 \| 1500 \|/);
    const noMemory = held.map((one) => ({ ...one, points: one.points.map((point) => ({ ...point, mib: null })) }));
    expect(toHtml('cost', costBlocks(noMemory)).match(/<figure>/g)).toHaveLength(1);
  });
});
