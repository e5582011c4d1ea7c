import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { DataError, quoted, shownPath } from './data-error';
import { readDataFile } from './data-file';
import { fileInside } from './inside-folder';
import { checkColumns, type LabelRow, parseRow, type Sample, type Split } from './label-row';

/** A data set: its samples by split, each in the order of the file. A split may be empty. */
export type Dataset = { folder: string } & Record<Split, Sample[]>;

const MAX_LABEL_BYTES = 500e6;

/**
 * Reads a folder that holds `label.csv` and recordings, as MMML lays out MOSI and MOSEI.
 *
 * Columns: video_id, clip_id, text, label (-3..3 or empty), mode (train, valid, test); if wanted the six of {@link EMOTIONS}
 * (above 0 is present) and audio, a path relative to the folder. Without the column audio a sample's recording is
 * `<video_id>/<clip_id>.wav`, or that under `wav/`, if there is one. Other columns are ignored.
 *
 * @throws DataError at the first problem.
 */
export async function readLabelFolder(folder: string): Promise<Dataset> {
  const info = await stat(folder).catch(() => undefined);
  if (!info) throw new DataError(`${shownPath(folder)}: no such folder; expected a folder with label.csv`);
  if (!info.isDirectory()) throw new DataError(`${shownPath(folder)}: expected a folder with label.csv, found a file`);

  const root = await realpath(folder);
  const rows = await readRows(join(folder, 'label.csv'));
  const dataset: Dataset = { folder: root, train: [], valid: [], test: [] };
  const places = new Map<string, string>();
  const known = new Map<string, string | undefined>();
  for (const row of rows) {
    const sample = parseRow(row);
    const before = places.get(sample.id);
    if (before) {
      throw new DataError(
        `${row.place}: video_id and clip_id ${quoted(sample.id)} stand already in ${before}; expected each once`,
      );
    }
    places.set(sample.id, row.place.slice(row.place.lastIndexOf('line ')));
    const audio = await findAudio(root, row, sample, known);
    if (audio) sample.audio = audio;
    dataset[sample.split].push(sample);
  }
  return dataset;
}

/** The path of a sample's recording; `known` keeps what was already looked up. */
async function findAudio(root: string, row: LabelRow, sample: Sample, known: Map<string, string | undefined>) {
  const lookUp = async (name: string, place: string) => {
    if (!known.has(name)) known.set(name, await fileInside(root, name, place));
    return known.get(name);
  };
  const named = row.cells.get('audio')?.trim();
  if (named) {
    const place = `${row.place}, column audio`;
    const path = await lookUp(named, place);
    if (!path) throw new DataError(`${place}: no such file: ${quoted(named)}, relative to the folder`);
    return path;
  }
  if (named === '') return undefined;
  const place = `${row.place}, columns video_id and clip_id`;
  return (await lookUp(`${sample.id}.wav`, place)) ?? (await lookUp(`wav/${sample.id}.wav`, place));
}

async function readRows(path: string): Promise<LabelRow[]> {
  const shown = shownPath(path);
  const text = decodeText(shown, await readDataFile(path, MAX_LABEL_BYTES));
  const rows: LabelRow[] = [];
  let columns: string[] | undefined;
  for (const { record, line } of parseCsv(shown, text)) {
    const place = `${shown}, line ${line}`;
    if (record.length === 1 && record[0]!.trim() === '') continue;
    if (!columns) {
      columns = record.map((name) => name.trim());
      checkColumns(place, columns);
    } else if (record.length !== columns.length) {
      const advice = 'a text with commas or quotes needs double quotes around it';
      throw new DataError(`${place}: expected ${columns.length} cells, found ${record.length}; ${advice}`);
    } else {
      rows.push({ place, cells: new Map(columns.map((name, index) => [name, record[index]!])) });
    }
  }
  if (rows.length === 0) throw new DataError(`${shown}: no rows; expected a line of column names and a line a sample`);
  return rows;
}

/** The records and the lines they begin on, counted here, as the parser counts a CRLF within quotes twice. */
function parseCsv(shown: string, text: string) {
  const records: { record: string[]; line: number }[] = [];
  let line = 1;
  const onRecord = (record: string[]): undefined => {
    records.push({ record, line });
    line += 1 + (record.join().match(/\r\n|\r|\n/g)?.length ?? 0);
  };
  try {
    parse(text, { relax_column_count: true, on_record: onRecord });
    return records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const unclosed = error.code === 'CSV_QUOTE_NOT_CLOSED';
    const problem = unclosed ? 'a double quote is opened and never closed' : 'a double quote inside a cell';
    const advice = 'a text with quotes needs double quotes around it, and each quote inside twice';
    throw new DataError(`${shown}, line ${line}: ${problem}; ${advice}`);
  }
}

/** UTF-8, with or without a byte order mark. */
function decodeText(shown: string, bytes: Uint8Array): string {
  const first = Buffer.from(bytes.subarray(0, 2)).toString('hex');
  if (first === 'fffe' || first === 'feff')
    throw new DataError(`${shown}: expected UTF-8, found UTF-16; save it as UTF-8`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {}
  throw new DataError(
    `${shown}, line ${firstBadLine(bytes)}: expected UTF-8, found another encoding; save it as UTF-8`,
  );
}

function firstBadLine(bytes: Uint8Array): number {
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  return lines.findIndex((line) => /[\0\ufffd]/.test(line)) + 1;
}
