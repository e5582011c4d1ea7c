import { costReport, toTerminal } from '@mmolre/report';
import { expect, test } from 'vitest';
import { costFacts } from './cost-facts';
import { compact, paperMosei, variants } from './presets';
import { resolveConfig } from './resolve-config';

const paper = costFacts(paperMosei().model);

test("the paper's model: one sample of the longest input, and its ratios to the standard mixture", () => {
  expect(paper.input).toEqual({ tokens: 96, seconds: 6, frames: 299 });
  expect(paper.block!.parameters).toBe(7_075_102);
  expect(paper.standardMoe!.block.parameters).toBe(40_509_342);
  expect(paper.standardMoe!.ratios.blockParameters.toFixed(2)).toBe('5.73');
  expect(paper.standardMoe!.ratios.multiplyAdds.toFixed(2)).toBe('5.86');
  expect(paper.standardMoe!.model.parameters - paper.model.parameters).toBe(4 * (40_509_342 - 7_075_102));
});

test('a total is the sum of its components, and selected experts cost less than all', () => {
  for (const { components, ...total } of [paper.model, paper.block!]) {
    const sum = (read: (part: typeof total) => number) => components.reduce((all, part) => all + read(part), 0);
    expect(sum((part) => part.parameters)).toBe(total.parameters);
    expect(sum((part) => part.multiplyAdds.all)).toBe(total.multiplyAdds.all);
    expect(sum((part) => part.multiplyAdds.selected)).toBe(total.multiplyAdds.selected);
    expect(total.multiplyAdds.selected).toBeLessThan(total.multiplyAdds.all);
  }
});

test('with k = N both are the same, and a shorter sample costs less', () => {
  const { model } = compact();
  const all = costFacts({ ...model, unitse: { ...model.unitse, topK: model.unitse.ranks.length } });
  expect(all.model.multiplyAdds.selected).toBe(all.model.multiplyAdds.all);
  const short = costFacts(model, { tokens: 10, seconds: 2 });
  expect(short.input).toEqual({ tokens: 10, seconds: 2, frames: 25 });
  expect(short.model.parameters).toBe(all.model.parameters);
  expect(short.model.multiplyAdds.all).toBeLessThan(all.model.multiplyAdds.all / 2);
});

test('a model without UniTSE has no block to compare', () => {
  const report = costFacts(variants['pre-fusion'](compact()).model);
  expect([report.block, report.standardMoe]).toEqual([undefined, undefined]);
  const whole = costFacts(compact().model);
  const unitse = whole.model.components.filter(({ name }) => name.startsWith('unitse.'));
  const parameters = unitse.reduce((sum, part) => sum + part.parameters, 0);
  expect(report.model.parameters).toBe(whole.model.parameters - parameters);
  expect(toTerminal(costReport(report))).not.toContain('full-rank');
});

test('the report is a table whose parts add up to its total', () => {
  const { model } = resolveConfig({ preset: 'paper-mosei', set: ['model.unitse.topK=15'] });
  const facts = costFacts(model, { tokens: 20 });
  const text = toTerminal(costReport(facts));
  const [table] = text.split('\n\n').slice(1);
  const rows = table!
    .split('\n')
    .slice(2)
    .map((line) => line.split(/ {2,}/));
  const numbers = rows.map(([, parameters]) => Number(parameters!.replaceAll(',', '')));
  const total = rows.findIndex(([name]) => name === 'total');
  expect(rows.map(([name]) => name)).toContain('UniTSE, audio');
  expect(numbers.slice(0, total).reduce((sum, value) => sum + value, 0)).toBe(numbers[total]);
  expect(text).toContain('20 tokens and 6 s of audio (299 frames)');
  expect(text).toContain('15 of 15 experts');
  expect(facts.topK).toBe(15);
  expect(facts.model.parameters).toBe(numbers[total]);
});
