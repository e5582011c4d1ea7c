import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvRecords } from './csv';
import { csvText } from './csv-text';

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
    const odd = fc.string({ unit: fc.constantFrom(...Array.from('\'=+-@\t\r\n",1.5e ;\u00e9\uff1d\uFEFF')) });
    const cell = fc.oneof(fc.string({ unit: 'grapheme' }), odd);
    const row = fc.array(cell, { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        expect(read(csvText(rows)).map(({ cells }) => cells)).toEqual(rows);
      }),
      { numRuns: 1000 },
    );
    for (const odd of [
      '\r',
      '\n',
      '\r\n',
      '"',
      ',',
      '""',
      ' ',
      '\t',
      'a"b',
      '\ra',
      "'",
      "'=",
      "''-1",
      "'\r\n",
      '\uFEFF',
    ])
      expect(read(csvText([[odd, odd]]))[0]!.cells).toEqual([odd, odd]);
  });

  test('no cell is a formula in a spreadsheet, but numbers stay numbers', () => {
    const formulas = ['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\t=1', '\r=1', '\uff1d1', '-', "'=1", "''@a", '-1.5.2'];
    const numbers = ['-1.5', '+2', '1e-3', '-.5E+10', '7.'];
    const others = ["'tis", "'", 'a=1', ' =1', '', '\u2212'];
    expect(csvText([formulas, numbers, others])).toBe(
      `'=1+1,'+cmd,'-2+3,'@SUM(A1),'\t=1,"'\r=1",'\uff1d1,'-,''=1,'''@a,'-1.5.2\n` +
        '-1.5,+2,1e-3,-.5E+10,7.\n\'tis,\',a=1," =1",,\u2212\n',
    );
    expect(csvText([[-1.5, 2, 1e-7, -1e300, Number.NEGATIVE_INFINITY]])).toBe('-1.5,2,1e-7,-1e+300,-Infinity\n');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const written = csvText([[text, 'end']]).replace(/^"/, '');
        if (!/^[+-]?[.\d]+(e[+-]?\d+)?,/i.test(written)) expect(written).not.toMatch(/^[=+\-@\t\r]/);
      }),
    );
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
  });

  const advice = 'a text with quotes needs double quotes around it, and each quote inside twice';
  /** What is told of a text, and the lines that the others begin on. */
  const told = (text: string, delimiter: ',' | '\t' = ',') => {
    const broken: string[] = [];
    const records = csvRecords(text, (reason, line) => broken.push(`${line}: ${reason.replace(`; ${advice}`, '')}`), {
      delimiter,
    });
    return { broken, lines: records.map(({ line }) => line) };
  };

  test.each([
    ['never closed', 'a,b\nc,"d\ne,f\n', ['2: a double quote is opened and never closed'], [1, 3]],
    [
      'never closed, below a cell of two lines',
      'a,b\n"c\nd","e\nf,g\n',
      ['2: a double quote is opened (in line 3) and never closed'],
      [1, 4],
    ],
    [
      'closed by the quote of a cell below',
      'a,b\r\n1,"open\r\n2,"c, d"\r\n3,e\r\n',
      ['2: a double quote is opened and closed only in line 3, where text follows'],
      [1, 3, 4],
    ],
    ['inside a cell', 'a,b\nx "y" z,1\n2,3\n', ['2: a double quote inside a cell'], [1, 3]],
    [
      'inside a cell, below a cell of two lines',
      'a,b\n"x\ny",z "w"\n2,3\n',
      ['2: a double quote inside a cell (in line 3)'],
      [1, 4],
    ],
    ['text behind', 'a,b\n"x" y,1\n2,3\n', ['2: text after the double quote that closes a cell'], [1, 3]],
    [
      'text behind a doubled quote',
      'a,b\n"x"" "y,1\n2,3\n',
      ['2: text after the double quote that closes a cell'],
      [1, 3],
    ],
    [
      'two of them',
      'a,b\n"c"d,1\n2,e"f\n3,4\n',
      ['2: text after the double quote that closes a cell', '3: a double quote inside a cell'],
      [1, 4],
    ],
  ])('says what is wrong with quotes: %s', (_, text, broken, lines) => {
    expect(told(text)).toEqual({ broken, lines });
    expect(() => read(text)).toThrow(new RegExp(`${advice}$`));
  });

  test.each([
    ['never closed', 'a\tb\nc\t"d\ne\tf\n', ['2: a double quote is opened and never closed'], [1, 3]],
    [
      'never closed, below a cell of two lines and one with text behind its quote',
      'a\tb\n"c\nd"\t"x" y\t"e\nf\tg\n',
      ['2: a double quote is opened (in line 3) and never closed'],
      [1, 4],
    ],
    ['text behind, or inside: characters like others', 'a\t"b" c\nd "e"\tf\n', [], [1, 2]],
  ])('says what is wrong with quotes between tabs: %s', (_, text, broken, lines) => {
    expect(told(text, '\t')).toEqual({ broken, lines });
  });

  test('a row that is too long, by a quote or by itself', () => {
    const long = 'x'.repeat(1_000_100);
    expect(told(`a,b\nc,"${long}"\nd,e\n`)).toEqual({
      broken: ['2: a double quote is opened and not closed within 1 MB'],
      lines: [1, 3],
    });
    expect(told(`a,b\nc,${long}\nd,e\n`)).toEqual({ broken: ['2: a row of more than 1 MB'], lines: [1, 3] });
    expect(told(`a\tb\n"${long}\te\n`, '\t').broken).toEqual(['2: a double quote is opened and never closed']);
  });

  test("another's apostrophes stay, but for the one before what would be a formula, and all between tabs", () => {
    expect(read("'tis,'a',''\n'=1,'''-x,'-2\n").map(({ cells }) => cells)).toEqual([
      ["'tis", "'a'", "''"],
      ['=1', "''-x", '-2'],
    ]);
    expect(csvRecords("'=1\t'-2\n", fail, { delimiter: '\t' })[0]!.cells).toEqual(["'=1", "'-2"]);
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
