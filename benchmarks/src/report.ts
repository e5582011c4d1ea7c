import { toMarkdown, toTerminal } from '@mmolre/report';
import type { Measure } from './benchmark';
import type { ComparedMeasure, KeptMeasure } from './kept-results';
import { shownMs } from './shown-ms';

const COLUMNS = ['ours / theirs', 'metric', 'ours', 'theirs', 'ratio', 'spread'];

/** What is said of a ratio that is above the kept one. */
const WORSE = { time: 'slower', memory: 'more' };

function cells({ metric, ours, theirs, ratio, spread }: Measure): string[] {
  const value = (number: number) => (metric === 'time' ? `${shownMs(number)} ms` : `${Math.round(number)} MiB`);
  return [metric, value(ours), value(theirs), ratio.toFixed(2), spread.toFixed(2)];
}

/** One JSON object, for a line. */
export function jsonLine({ name, metric, isWorse, ...numbers }: ComparedMeasure): string {
  const rounded = Object.entries(numbers).map(([key, value]) => [key, Number(value.toFixed(4))]);
  return JSON.stringify({ name, metric, ...Object.fromEntries(rounded), isWorse });
}

/** A table for the terminal, a case's figures together under its name; with kept ratios, if there are any. */
export function terminalTable(measures: readonly ComparedMeasure[]): string {
  const hasKept = measures.some(({ kept }) => kept !== undefined);
  const keptCell = ({ kept, isWorse, metric }: ComparedMeasure) =>
    kept === undefined ? '' : `${kept.toFixed(2)}${isWorse ? `: ${WORSE[metric]}` : ''}`;
  const rows = measures.map((measure, i) => [
    measures[i - 1]?.name === measure.name ? '' : measure.name,
    ...cells(measure),
    ...(hasKept ? [keptCell(measure)] : []),
  ]);
  return toTerminal([{ table: { head: [...COLUMNS, ...(hasKept ? ['kept'] : [])], rows } }]);
}

/** A table for a file. */
export const markdownTable = (measures: readonly KeptMeasure[]): string =>
  toMarkdown([
    {
      table: {
        head: [...COLUMNS, 'rounds'],
        rows: measures.map((measure) => [measure.name, ...cells(measure), `${measure.rounds}`]),
      },
    },
  ]);
