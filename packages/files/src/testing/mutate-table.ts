import { change, type Draw, listMoves, type Moves, type Mutator, pick, replaced } from './draw';
import { ENCODINGS, ODD_NUMBERS, ODD_TEXTS } from './odd-values';

/** Cells as they stand in the file, quotes included, each byte a character; how each row ends. */
type Table = { rows: readonly (readonly string[])[]; ends: string; before: string; after: string };
type Delimiter = ',' | '\t';

const LINE_ENDS = ['\r\n', '\r', '\n\n', '\n'];
const bytesOf = (text: string) => Buffer.from(text).toString('latin1');

const inRow = (table: Table, at: number, row: readonly string[]): Table => ({
  ...table,
  rows: replaced(table.rows, at, 1, row),
});
const withRows = (table: Table, rows: Table['rows']): Table => ({ ...table, rows });

function movesOf(delimiter: Delimiter, hasHead: boolean): Moves<Table> {
  const head = hasHead ? 1 : 0;
  const someRow = ({ rows }: Table, draw: Draw) => Math.min(rows.length - 1, head + draw(rows.length - head));
  /** Some cell below the head becomes another. */
  const cell = (table: Table, draw: Draw, becomes: (cell: string, row: readonly string[]) => string): Table => {
    if (table.rows.length === 0) return table;
    const at = someRow(table, draw);
    const row = table.rows[at]!;
    const column = draw(row.length);
    return inRow(table, at, replaced(row, column, 1, becomes(row[column] ?? '', row)));
  };
  const cells = (name: string): Moves<Table>[string] => {
    const move = listMoves<string>()[name]!;
    return (table, draw) => {
      const at = someRow(table, draw);
      return table.rows.length === 0 ? table : inRow(table, at, move(table.rows[at]!, draw));
    };
  };
  const rows = (name: string): Moves<Table>[string] => {
    const move = listMoves<readonly string[]>(head)[name]!;
    return (table, draw) => withRows(table, move(table.rows, draw));
  };
  const quoted = (text: string) => (delimiter === ',' ? `"${bytesOf(text).replaceAll('"', '""')}"` : bytesOf(text));
  const text: Moves<Table>[string] = (table, draw) => cell(table, draw, () => quoted(pick(ODD_TEXTS, draw)));
  const number: Moves<Table>[string] = (table, draw) => cell(table, draw, () => quoted(pick(ODD_NUMBERS, draw)));
  const copy: Moves<Table>[string] = (table, draw) =>
    cell(table, draw, (cell) => pick(table.rows.slice(head).flat(), draw) ?? cell);
  return {
    ...{ text, text2: text, number, number2: number, copy, copy2: copy },
    removeCell: cells('remove'),
    repeatCell: cells('repeat'),
    moveCell: cells('move'),
    removeRow: rows('remove'),
    repeatRow: rows('repeat'),
    moveRow: rows('move'),
    emptyRow: (table, draw) => withRows(table, replaced(table.rows, someRow(table, draw), 0, [''])),
    quote: (table, draw) =>
      cell(table, draw, (cell) => {
        const at = draw(cell.length + 1);
        return `${cell.slice(0, at)}"${cell.slice(at)}`;
      }),
    unquote: (table, draw) => cell(table, draw, (cell) => cell.replaceAll('"', '')),
    encoding: (table, draw) =>
      cell(table, draw, (cell) => {
        const at = draw(cell.length + 1);
        return `${cell.slice(0, at)}${pick(ENCODINGS, draw).toString('latin1')}${cell.slice(at)}`;
      }),
    otherDelimiter: (table, draw) => {
      const at = someRow(table, draw);
      return inRow(table, at, [(table.rows[at] ?? []).join(pick([';', '\t', ',', ' '], draw))]);
    },
    moveColumn(table, draw) {
      const width = Math.max(0, ...table.rows.map(({ length }) => length));
      const [from, to] = [draw(width), draw(width)];
      return withRows(
        table,
        table.rows.map((row) => replaced(replaced(row, from, 1), to, 0, ...row.slice(from, from + 1))),
      );
    },
    addColumn: (table, draw) => {
      const [name, value] = [`extra ${draw(1000)}`, quoted(pick(ODD_TEXTS, draw))];
      return withRows(
        table,
        table.rows.map((row, i) => [...row, i < head ? name : value]),
      );
    },
    lineEnds: (table, draw) => ({ ...table, ends: pick(LINE_ENDS, draw) }),
    byteOrderMark: (table) => ({ ...table, before: '\xef\xbb\xbf' }),
    noEnd: (table) => ({ ...table, after: '' }),
    ...(hasHead && {
      head: (table, draw) => {
        const row = table.rows[0] ?? [];
        return inRow(table, 0, replaced(row, draw(row.length), 1, quoted(pick(ODD_TEXTS, draw))));
      },
    }),
  };
}

/** Breaks a table by its rows, cells, columns, quotes and line ends. */
export function mutateTable(delimiter: Delimiter, { hasHead }: { hasHead: boolean }): Mutator {
  const moves = movesOf(delimiter, hasHead);
  return (seed, draw) => {
    const table: Table = { rows: rowsOf(seed.toString('latin1'), delimiter), ends: '\n', before: '', after: '\n' };
    const { value, how } = change(table, moves, draw);
    const text = value.rows.map((row) => row.join(delimiter)).join(value.ends);
    return { bytes: Buffer.from(`${value.before}${text}${value.after}`, 'latin1'), how };
  };
}

/** The rows of a sound file, whose lines end with a line feed. */
function rowsOf(text: string, delimiter: Delimiter): string[][] {
  const rows: string[][] = [[]];
  const cell = delimiter === ',' ? /("(?:[^"]|"")*"|[^,\n]*)([,\n])/g : /([^\t\n]*)([\t\n])/g;
  for (const [, content, end] of text.matchAll(cell)) {
    rows.at(-1)!.push(content!);
    if (end === '\n') rows.push([]);
  }
  return rows.slice(0, -1);
}
