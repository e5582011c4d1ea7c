import { csvRecords, readDataFile, shownPath } from '@mmolre/files';
import { check } from './checker/check';
import { checkReport, type Section } from './checker/check-report';
import { readClaims } from './checker/claims';
import type { CsvRow } from './checker/csv-row';
import { readPredictions } from './checker/predictions';

type RunOptions = {
  /** A file. */ predictions: string | undefined;
  /** A file. */ claims?: string;
  samples?: number;
  thresholds?: string;
};

const MAX_BYTES = 200e6;

/** What `metrics check` prints. @throws If a file is not as expected: which one, and where. */
export async function runCheck({ predictions, claims, samples, thresholds = '' }: RunOptions): Promise<string> {
  if (!predictions && !claims) throw new Error('check: expected a file of predictions, or --claims, or both');
  const facts = check({
    predictions: predictions ? await readCsv(predictions, readPredictions) : undefined,
    claims: claims ? await readCsv(claims, readClaims) : undefined,
    thresholds,
    samples,
  });
  return checkReport(facts).map(textOf).join('\n');
}

async function readCsv<T>(file: string, read: (rows: CsvRow[]) => T): Promise<T> {
  const text = new TextDecoder().decode(await readDataFile(file, MAX_BYTES));
  try {
    return read(
      csvRecords(text, (reason, line) => {
        throw new Error(`line ${line}: ${reason}`);
      }),
    );
  } catch (error) {
    throw new Error(`${shownPath(file)}: ${(error as Error).message}`);
  }
}

/** What would move a terminal's cursor, or is not seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function textOf({ title, head, rows, notes }: Section): string {
  const table = [head, ...rows].map((row) => row.map((cell) => cell.replace(UNSEEN, '\ufffd')));
  const widths = head.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return `${[title, lines[0], rule, ...lines.slice(1), ...notes].join('\n')}\n`;
}
