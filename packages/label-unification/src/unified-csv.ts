import { readFile } from 'node:fs/promises';
import { EMOTIONS, type Emotion, SPLITS } from '@mmolre/datasets';
import { csvRecords, csvText, plainFile, quoted } from '@mmolre/files';
import type { UnifiedLabel } from './types';

const COLUMNS = [
  'target_id',
  'split',
  'polarity',
  'emotions',
  'source_id',
  'source_set',
  'source_text',
  'similarity',
  'second_similarity',
] as const;

/** What stands in the column emotions for none of the six; nothing stands there where a target has no label. */
const NONE = 'none';

/** A row of the file: what is needed to use a label and to say where it is from. */
export type UnifiedRow = {
  targetId: string;
  split: string;
  /** undefined: no label. */
  emotions: Emotion[] | undefined;
  /** undefined where nothing was searched. */
  sourceId: string | undefined;
  similarity: number | undefined;
  /** In the file, from 1. */
  line: number;
};

/** The labels as a CSV file, a row a label. Emotions are joined by `+`; similarities have six decimals. */
export function unifiedCsv(labels: readonly UnifiedLabel[]): string {
  const decimals = (value: number | undefined) => value?.toFixed(6) ?? '';
  const rows = labels.map(({ target, emotions, match }) => [
    target.id,
    target.split,
    target.polarity,
    emotions ? emotions.join('+') || NONE : '',
    match?.source.id ?? '',
    match?.source.source ?? '',
    match?.source.text ?? '',
    decimals(match?.similarity),
    decimals(match?.secondSimilarity),
  ]);
  return csvText([COLUMNS, ...rows]);
}

/**
 * Reads such a file.
 *
 * @throws One line that names the file, the line and what was expected.
 */
export const readUnifiedCsv = async (path: string): Promise<UnifiedRow[]> =>
  parseUnifiedCsv(await readUnifiedText(path), path);

/** What such a file holds. @throws One line: it is not there, or cannot be read. */
export async function readUnifiedText(path: string): Promise<string> {
  return readFile(plainFile(path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      error.code === 'ENOENT' ? `${path}: no such file; mmolre-unify makes one` : `${path}: ${error.message}`,
    );
  });
}

/** @param name What error messages call the file. */
export function parseUnifiedCsv(text: string, name: string): UnifiedRow[] {
  const records = csvRecords(text, (reason, line) => {
    throw new Error(`${name}, line ${line}: expected CSV: ${reason}`);
  });
  const head = records[0]?.cells ?? [];
  const missing = COLUMNS.filter((column) => !head.includes(column));
  if (missing.length > 0)
    throw new Error(`${name}, line 1: missing column ${missing.join(', ')}; expected a file of mmolre-unify`);
  return records.slice(1).map(({ cells, line }): UnifiedRow => {
    const cell = (column: (typeof COLUMNS)[number]) => cells[head.indexOf(column)] ?? '';
    const fail = (column: (typeof COLUMNS)[number], expected: string): never => {
      throw new Error(`${name}, line ${line}, column ${column}: expected ${expected}, found ${quoted(cell(column))}`);
    };
    const similarity = cell('similarity') === '' ? undefined : Number(cell('similarity'));
    if (similarity !== undefined && !(Math.abs(similarity) <= 1))
      fail('similarity', 'a number from -1 to 1 or nothing');
    if (cell('target_id') === '') fail('target_id', 'the id of a sample');
    if (!SPLITS.some((split) => split === cell('split'))) fail('split', `one of ${SPLITS.join(', ')}`);
    const names = cell('emotions') === NONE ? [] : cell('emotions').split('+');
    const emotions = EMOTIONS.filter((emotion) => names.includes(emotion));
    if (cell('emotions') !== '' && emotions.length !== names.length)
      fail('emotions', `${NONE}, nothing, or some of ${EMOTIONS.join(', ')} joined by +`);
    return {
      targetId: cell('target_id'),
      split: cell('split'),
      emotions: cell('emotions') === '' ? undefined : emotions,
      sourceId: cell('source_id') || undefined,
      similarity,
      line,
    };
  });
}
