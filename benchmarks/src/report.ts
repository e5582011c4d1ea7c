import Table from 'cli-table3';
import type { Measure } from './benchmark';

const columns = ['ours / theirs', 'metric', 'ours', 'theirs', 'ratio', 'spread'];

function cells({ metric, ours, theirs, ratio, spread }: Measure): string[] {
  const value = (number: number) =>
    metric === 'time' ? `${number.toPrecision(number < 1000 ? 3 : 4)} ms` : `${Math.round(number)} MiB`;
  return [metric, value(ours), value(theirs), ratio.toFixed(2), spread.toFixed(2)];
}

/** One JSON object, for a line. */
export function jsonLine({ name, metric, ...numbers }: Measure): string {
  const rounded = Object.entries(numbers).map(([key, value]) => [key, Number(value.toFixed(4))]);
  return JSON.stringify({ name, metric, ...Object.fromEntries(rounded) });
}

/** A table for the terminal, a case's figures together. */
export function terminalTable(measures: readonly Measure[]): string {
  const table = new Table({
    head: columns,
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const name of new Set(measures.map(({ name }) => name))) {
    const rows = measures.filter((measure) => measure.name === name).map(cells);
    rows.forEach((row, i) => {
      table.push(i === 0 ? [{ content: name, rowSpan: rows.length }, ...row] : row);
    });
  }
  return table.toString();
}

export function markdownTable(measures: readonly Measure[]): string {
  const row = (values: readonly string[]) => `| ${values.join(' | ')} |`;
  const lines = measures.map((measure) => row([measure.name, ...cells(measure)]));
  return [row(columns), '| --- | --- | ---: | ---: | ---: | ---: |', ...lines].join('\n');
}
