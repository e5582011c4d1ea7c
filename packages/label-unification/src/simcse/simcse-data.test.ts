import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseTriplets, readSimcseData } from './simcse-data';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mmolre-simcse-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

describe('texts without supervision', () => {
  test('are the different lines of a file', async () => {
    const path = file('lines.txt', '\uFEFFone \r\n\ntwo\none\n   \nthree');
    const { data, measured, measuredOn } = await readSimcseData(path);
    expect(data).toEqual({ kind: 'unsupervised', texts: ['one', 'two', 'three'] });
    expect([measured, measuredOn]).toEqual([data, 'the lines trained on']);
  });

  test("are a data set's training samples; its validation samples are only measured", async () => {
    const corpus = fileURLToPath(new URL('../__fixtures__/goemotions', import.meta.url));
    const { data, measured, measuredOn } = await readSimcseData(corpus);
    if (data.kind !== 'unsupervised' || measured.kind !== 'unsupervised') throw new Error('expected texts');
    expect(data.texts.length).toBeGreaterThan(800);
    expect(new Set(data.texts).size).toBe(data.texts.length);
    expect(measured.texts.length).toBeGreaterThan(100);
    expect(measuredOn).toBe('the validation texts');
  });

  test('a data set without training samples is refused', async () => {
    mkdirSync(join(folder, 'untrained'));
    file('untrained/test.tsv', 'good\t17\ta\nbad\t2\tb\n');
    await expect(readSimcseData(join(folder, 'untrained'))).rejects.toThrow(/untrained: expected training samples/);
  });
});

describe('triplets', () => {
  const expected = [
    { premise: 'A, "b"', entailment: 'c', contradiction: 'd\ne' },
    { premise: 'f', entailment: 'g', contradiction: 'h' },
  ];

  test('in columns of any order, with our names', async () => {
    const path = file('t.csv', 'contradiction,premise,id,entailment\r\n"d\ne","A, ""b""",1,c\r\nh,f,2,g\r\n');
    expect((await readSimcseData(path)).data).toEqual({ kind: 'supervised', triplets: expected });
  });

  test("with the names of SimCSE's own file", () => {
    expect(parseTriplets('sent0,sent1,hard_neg\n"A, ""b""",c,"d\ne"\nf,g,h\n', 'nli.csv')).toEqual(expected);
  });

  test.each([
    ['no such column', 'a,b,c\n1,2,3\n', 'line 1: expected columns premise, entailment, contradiction'],
    ['nothing', '', 'line 1: expected columns premise'],
    ['a short row', 'premise,entailment,contradiction\n"a\nb",c,d\ne,f\n', 'line 4: expected 3 cells, found 2'],
    ['an empty cell', 'sent0,sent1,hard_neg\na,b,c\nd, ,f\n', 'line 3, column sent1: expected a text, found nothing'],
    [
      'an open quote',
      'sent0,sent1,hard_neg\na,b,c\nd,"e,f\n',
      'line 3: expected CSV: a double quote is opened and never closed',
    ],
    ['one row', 'sent0,sent1,hard_neg\na,b,c\n', 'expected at least 2 triplets, found 1'],
  ])('%s: one line that says where', async (_, content, message) => {
    const path = file('bad.csv', content);
    const error: Error = await readSimcseData(path).then(
      () => new Error('read without an error'),
      (found) => found,
    );
    expect(error.message).toContain(`${path}${message.startsWith('expected') ? ': ' : ', '}${message}`);
    expect(error.message).not.toContain('\n');
  });
});

test.each(['nowhere', 'notes.md'])('%s is refused in one line', async (name) => {
  file('notes.md', 'text');
  await expect(readSimcseData(join(folder, name))).rejects.toThrow(/expected a data set.*\.txt.*\.csv/);
});
