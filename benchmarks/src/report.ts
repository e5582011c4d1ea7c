import { toMarkdown, toTerminal } from '@mmolre/report';
import type { Measure } from './benchmark';

const COLUMNS = ['ours / theirs', 'metric', 'ours', 'theirs', 'ratio', 'spread'];

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

/** A table for the terminal, a case's figures together under its name. */
export function terminalTable(measures: readonly Measure[]): string {
  const rows = measures.map((measure, i) => [
    measures[i - 1]?.name === measure.name ? '' : measure.name,
    ...cells(measure),
  ]);
  return toTerminal([{ table: { head: COLUMNS, rows } }]);
}

export const markdownTable = (measures: readonly Measure[]): string =>
  toMarkdown([{ table: { head: COLUMNS, rows: measures.map((measure) => [measure.name, ...cells(measure)]) } }]);
