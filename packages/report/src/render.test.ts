import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { type Block, counted, shown } from './document';
import { histogram, logCurves } from './plots';
import { escapeHtml, toHtml } from './to-html';
import { toMarkdown } from './to-markdown';
import { toTerminal } from './to-terminal';

const table = {
  head: ['name', 'value'],
  rows: [
    ['one', '1.5'],
    ['twenty', '20'],
  ],
};
const blocks: Block[] = [
  { text: 'What was done.' },
  { table },
  { table },
  { warning: 'it is little' },
  { lines: ['a', 'b'] },
];

test('a terminal gets columns, the first to the left, an empty line between two tables', () => {
  const columns = 'name    value\n------  -----\none       1.5\ntwenty     20\n';
  expect(toTerminal(blocks)).toBe(`What was done.\n${columns}\n${columns}warning: it is little\na\nb\n`);
});

test('Markdown gets a table that stays one, whatever stands in its cells', () => {
  expect(toMarkdown([{ heading: 'Title' }, { table }])).toBe(
    '# Title\n\n| name   | value |\n| ------ | ----: |\n| one    |   1.5 |\n| twenty |    20 |\n',
  );
  expect(toMarkdown([{ table: { head: ['a'], rows: [['x|y\nz']] } }])).toBe('| a      |\n| ------ |\n| x\\|y z |\n');
});

test('a page holds every text as it is, and nothing of it becomes markup', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (any) => {
      const plain = any.replace(/(?![\t\n\r])\p{Cc}/gu, '\ufffd').replace(/\r\n?/g, '\n');
      const page = toHtml(any, [
        { text: `.${any}` },
        { table: { head: ['a'], rows: [[`.${any}`]] } },
        { lines: [any] },
      ]);
      const { document } = parseHTML(page.replace(/\r\n?/g, '\n'));
      expect(document.querySelectorAll('body *')).toHaveLength(13);
      expect(document.querySelector('td')!.textContent).toBe(`.${plain}`);
      expect(document.querySelector('p')!.textContent).toBe(`.${plain}`);
    }),
  );
});

test('an escaped text is one text, in an attribute too', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (any) => {
      const { document } = parseHTML(`<p title="${escapeHtml(any)}">${escapeHtml(any)}</p>`);
      expect(document.querySelectorAll('*')).toHaveLength(1);
      expect(escapeHtml(any)).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
    }),
  );
});

test('in a page columns of numbers stand right', () => {
  const { document } = parseHTML(toHtml('t', [{ table: { ...table, rows: [...table.rows, ['three', '']] } }]));
  expect([...document.querySelectorAll('th')].map(({ className }) => className)).toEqual(['', 'number']);
});

test('a plot is drawn in a page, and stands as its text elsewhere', () => {
  const values = [0.1, 0.2, 0.9].map((value, i) => ({ value, group: i < 2 ? 'a' : 'b' }));
  const html = histogram(values, { label: 'x', count: 'n', colours: { a: '#111111', b: '#222222' } });
  const block: Block = { plots: [{ title: 'x', html }], text: 'three values' };
  expect(parseHTML(toHtml('t', [block])).document.querySelectorAll('svg rect').length).toBeGreaterThan(2);
  expect([toTerminal([block]), toMarkdown([block])]).toEqual(['three values\n', 'three values\n']);
});

test('what grows as a power is straight; dashed lines have no points, and share a colour with the line of their name', () => {
  const points = [1, 8, 64].map((x) => ({ x, y: x ** 2 }));
  const lines = [
    { name: 'a', points },
    { name: 'a', points: points.map(({ x }) => ({ x, y: x })), isDashed: true },
  ];
  const { document } = parseHTML(logCurves('time', 'size', lines));
  const dots = [...document.querySelectorAll('circle')];
  expect(dots).toHaveLength(3);
  const [first, second, third] = dots.map((dot) => Number(dot.getAttribute('cy')));
  expect(first! - second!).toBeCloseTo(second! - third!, 6);
  const labels = [...document.querySelectorAll('text')].map(({ textContent }) => textContent);
  expect(labels).toEqual(expect.arrayContaining(['1', '8', '64']));
  const drawn = [...document.querySelectorAll('path[stroke]')].filter(
    (path) => path.getAttribute('fill') !== 'currentColor',
  );
  expect(new Set(drawn.map((path) => path.getAttribute('stroke')))).toHaveLength(1);
  expect(document.querySelectorAll('[stroke-dasharray]')).toHaveLength(1);
});

test('numbers for people', () => {
  expect([shown(undefined), shown(0.12345), shown(2, 1), counted(1234567)]).toEqual([
    'undefined',
    '0.123',
    '2.0',
    '1,234,567',
  ]);
});
