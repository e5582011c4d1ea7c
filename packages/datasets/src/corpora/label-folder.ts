import { DataError, quoted } from '@mmolre/files';
import { type CorpusFolder, shownFile } from '../corpus-folder';
import { checkAnnotation } from '../formats/annotation';
import { checkSeparator, csvRows } from '../formats/csv-rows';
import { findRecording, missingRecordings, recordingFile } from '../formats/recording-file';
import { readTextFile } from '../formats/text-file';
import { attempt, problem, type Report } from '../problem';
import type { Sample } from '../sample';
import { checkColumns, type LabelRow, parseRow, REQUIRED, scaleOf } from './label-folder-row';

const FILE = 'label.csv';

/**
 * The samples of a folder that holds `label.csv` and recordings, as MMML lays out MOSI and MOSEI; a row that is wrong is reported and left out.
 *
 * Columns: video_id, clip_id, text, label (-3..3 or empty), mode (train, valid, test); if wanted the six of {@link EMOTIONS}
 * (above 0 is present), audio, a path relative to the folder, and speaker. Without the column audio a sample's recording is
 * `<video_id>/<clip_id>.wav`, or that under `wav/`, if there is one. Other columns are ignored.
 */
export async function readLabelFile(folder: CorpusFolder, report: Report): Promise<Sample[]> {
  const samples: Sample[] = [];
  const lines = new Map<string, number>();
  const missing = missingRecordings(folder, report);
  for (const row of await readRows(folder, report)) {
    await attempt(report, FILE, row.line, async () => {
      const sample = parseRow(row);
      const before = lines.get(sample.id);
      if (before !== undefined) {
        throw new DataError(
          `${row.place}: video_id and clip_id ${quoted(sample.id)} stand already in line ${before}; expected each once`,
          { kind: 'duplicate-id' },
        );
      }
      lines.set(sample.id, row.line);
      checkAnnotation(row.cells.get('annotation'), sample, row.place, report);
      samples.push({ ...sample, ...(await findSampleRecording(folder, row, sample, report, missing.add)) });
    });
  }
  missing.end();
  return samples;
}

/** A sample's recording, or the video it is inside of. A name that leads nowhere is reported, and the sample has none. */
async function findSampleRecording(
  folder: CorpusFolder,
  row: LabelRow,
  sample: Sample,
  report: Report,
  missing: (file: string, line: number, message: string) => void,
) {
  const named = row.cells.get('audio')?.trim();
  if (named === '') return undefined;
  const found = await attempt(report, FILE, row.line, async () => {
    if (!named) {
      const place = `${row.place}, columns video_id and clip_id`;
      return findRecording(folder, [sample.id, `wav/${sample.id}`, `Raw/${sample.id}`], place);
    }
    const place = `${row.place}, column audio`;
    const path = await folder.find(named, place);
    if (path) return recordingFile(named, path);
    throw new DataError(`${place}: no such file: ${quoted(named)}, relative to the folder`, { kind: 'missing-audio' });
  });
  if (!named && found && !found.recording && !found.video) {
    missing(
      FILE,
      row.line,
      `${row.place}: no recording; looked for ${quoted(`${sample.id}.wav`)}, also under wav and Raw`,
    );
  }
  return found;
}

async function readRows(folder: CorpusFolder, report: Report): Promise<LabelRow[]> {
  const shown = shownFile(folder, FILE);
  const { text, badLines } = await readTextFile(folder, FILE, report);
  checkSeparator(shown, text, REQUIRED);
  const [head, ...records] = csvRows(text, shown, FILE, report);
  const columns = head?.cells.map((name) => name.trim()) ?? [];
  if (head) checkColumns(`${shown}, line ${head.line}`, columns);
  const at = columns.indexOf('label');
  const scale = scaleOf(records.map(({ cells }) => cells[at] ?? ''));
  const rows: LabelRow[] = [];
  for (const { line, cells } of records) {
    const place = `${shown}, line ${line}`;
    if (badLines.has(line)) continue;
    if (cells.length === columns.length) {
      rows.push({ place, line, cells: new Map(columns.map((name, index) => [name, cells[index]!])), scale });
      continue;
    }
    const advice = 'a text with commas or quotes needs double quotes around it';
    const message = `${place}: expected ${columns.length} cells, found ${cells.length}; ${advice}`;
    report(problem('bad-row', FILE, line, message));
  }
  if (records.length > 0) return rows;
  throw new DataError(`${shown}: no rows; expected a line of column names and a line a sample`);
}
