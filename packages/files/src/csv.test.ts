import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvRecords, csvText } from './csv';

const fail = (reason: string, line: number): never => {
  throw new Error(`line ${line}: ${reason}`);
};
const read = (text: string) => csvRecords(text, fail);

describe('csvText', () => {
  test('quotes what needs it', () => {
    const rows = [
      ['id', 'text', 'n'],
      ['a', 'say "hi", you', 1.5],
      ['b', ' spaces ', -0.25],
      ['c', 'two\nlines', 0],
      ['', 'a\rb', 1e-7],
    ];
    expect(csvText(rows)).toBe(
      'id,text,n\na,"say ""hi"", you",1.5\nb," spaces ",-0.25\nc,"two\nlines",0\n,"a\rb",1e-7\n',
    );
    expect(csvText([])).toBe('');
  });

  test('is read as it was written', () => {
    const cell = fc.string({ unit: 'grapheme' }).filter((text) => !text.startsWith('\uFEFF'));
    const row = fc.array(cell, { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        expect(read(csvText(rows)).map(({ cells }) => cells)).toEqual(rows);
      }),
    );
    for (const odd of ['\r', '\n', '\r\n', '"', ',', '""', ' ', '\t', 'a"b', '\ra'])
      expect(read(csvText([[odd, odd]]))[0]!.cells).toEqual([odd, odd]);
  });
});

describe('csvRecords', () => {
  test('says on which line each begins, with any line ends, without empty lines and the byte order mark', () => {
    expect(read('\uFEFFa,b\r\n\n"x\r\ny",2\rlast,"3"')).toEqual([
      { cells: ['a', 'b'], line: 1 },
      { cells: ['x\r\ny', '2'], line: 3 },
      { cells: ['last', '3'], line: 5 },
    ]);
  });

  test('goes on after a broken record, or throws what onBroken throws', () => {
    const text = 'a,b\nx "y" z","1\n2,3\n';
    const broken: string[] = [];
    const records = csvRecords(text, (reason, line) => broken.push(`${line}: ${reason}`));
    expect(records.map(({ line }) => line)).toEqual([1, 3]);
    expect(broken).toEqual([
      '2: a double quote inside a cell; a text with quotes needs double quotes around it, and each quote inside twice',
    ]);
    expect(() => read(text)).toThrow('line 2: a double quote inside a cell');
    expect(() => read('a,b\nc,"d')).toThrow('line 2: a double quote is opened and never closed');
  });

  test('gives up after many broken ones', () => {
    const broken: string[] = [];
    csvRecords('a"b,c\n'.repeat(1000), (reason) => broken.push(reason));
    expect(broken).toHaveLength(202);
    expect(broken.at(-1)).toBe('the rest is not read, as 200 rows before it are no CSV');
  });

  test('with tabs, quotes inside a cell are characters', () => {
    const records = csvRecords('a\tsay "hi"\n"b\tc"\td, e\n', fail, { delimiter: '\t' });
    expect(records.map(({ cells }) => cells)).toEqual([
      ['a', 'say "hi"'],
      ['b\tc', 'd, e'],
    ]);
  });
});
