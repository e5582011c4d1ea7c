import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { csvRecords, DataError, quoted } from '@mmolre/files';
import iconv from 'iconv-lite';
import type { CorpusFolder } from '../corpus-folder';
import type { CorpusReader } from '../corpus-reader';
import { checkAnnotation } from '../formats/annotation';
import { unmarkedUtf16, utf16Mark } from '../formats/encodings';
import { numberWithin } from '../formats/number-cell';
import { findRecording, missingRecordings } from '../formats/recording-file';
import { readCsvTable, type TableRow } from '../formats/table-file';
import { attempt, type Report } from '../problem';
import { type Sample, SPLITS } from '../sample';

// CH-SIMS: Yu et al., ACL 2020. Its authors give it for research.

const FILE = 'label.csv';
const COLUMNS = ['video_id', 'clip_id', 'text', 'label', 'annotation', 'mode'] as const;
/** Of the text, the sound and the picture alone. MOSI's and MOSEI's label.csv have these columns too, and nothing in them. */
const OWN_COLUMNS = ['label_T', 'label_A', 'label_V'];
/** From -1 .. 1 to -3 .. 3. */
const SCALE = 3;
/** Bytes of label.csv that tell whose it is. */
const BEGINNING = 65_536;

/**
 * CH-SIMS's `label.csv`, in UTF-8 or GBK, and its recordings `Raw/<video_id>/<clip_id>.mp4`. The texts are Chinese. A label, -1 to 1 in steps of 0.2, times 3 is
 * the sentiment; the labels of one modality are not read. Clips are numbered with four digits, also where a table calculator has cut `0001`
 * to `1`.
 */
export const chSims: CorpusReader = {
  recognises: (folder) => folder.files.has(FILE) && isChSims(beginningOf(folder)),
  lacks: ({ folders }) =>
    [...folders].some((path) => /^Raw\/video_\d{4}$/.test(path)) ? `its labels: ${FILE}` : undefined,
  read: async (folder, report) => {
    const samples: Sample[] = [];
    const lines = new Map<string, number>();
    const missing = missingRecordings(folder, report);
    for (const row of await readCsvTable(folder, FILE, COLUMNS, report, { encoding: 'gbk' })) {
      const sample = await attempt(report, FILE, row.line, () => parseClip(row, lines, report));
      if (!sample) continue;
      const stems = [`Raw/${sample.id}`, sample.id, `wav/${sample.id}`];
      const recording = await attempt(report, FILE, row.line, () => findRecording(folder, stems, row.place));
      if (recording && !recording.recording && !recording.video)
        missing.add(FILE, row.line, `${row.place}: no recording; looked for Raw/${sample.id}.mp4`);
      samples.push({ ...sample, ...recording });
    }
    missing.end();
    return samples;
  },
};

/** As UTF-16 where it is that, else as UTF-8, which keeps the characters of ASCII in GBK too. */
function beginningOf(folder: CorpusFolder): string {
  const bytes = Buffer.alloc(BEGINNING);
  try {
    const file = openSync(join(folder.root, FILE), 'r');
    try {
      const read = bytes.subarray(0, readSync(file, bytes));
      return iconv.decode(read, utf16Mark(read) ?? unmarkedUtf16(read) ?? 'utf-8');
    } finally {
      closeSync(file);
    }
  } catch {
    return ''; // the reader of such a file says why
  }
}

function isChSims(text: string): boolean {
  const [head, ...rows] = csvRecords(text, () => {});
  const columns = head?.cells.map((name) => name.trim()) ?? [];
  const cell = (cells: readonly string[], name: string) => cells[columns.indexOf(name)] ?? '';
  return rows.some(
    ({ cells }) =>
      /^video_\d{4}$/.test(cell(cells, 'video_id')) &&
      OWN_COLUMNS.every((name) => numberWithin(cell(cells, name), -1, 1) !== undefined),
  );
}

function parseClip(row: TableRow<(typeof COLUMNS)[number]>, lines: Map<string, number>, report: Report): Sample {
  const { text, label, annotation, mode } = row.cells;
  const videoId = row.cells.video_id.trim();
  const number = row.cells.clip_id.trim();
  if (videoId === '' || !/^\d{1,9}$/.test(number)) {
    const found = `${quoted(row.cells.video_id)} and ${quoted(row.cells.clip_id)}`;
    throw new DataError(`${row.place}: expected a video_id and the number of a clip, found ${found}`, {
      kind: 'bad-row',
    });
  }
  const split = SPLITS.find((name) => name === mode.trim());
  if (!split) {
    const message = `${row.place}, column mode: expected ${SPLITS.join(', ')}, found ${quoted(mode)}`;
    throw new DataError(message, { kind: 'bad-row' });
  }
  const value = numberWithin(label, -1, 1);
  if (value === undefined) {
    const message = `${row.place}, column label: expected a number from -1 to 1, found ${quoted(label)}`;
    throw new DataError(message, { kind: 'label-range' });
  }
  const clipId = number.padStart(4, '0');
  const id = `${videoId}/${clipId}`;
  const before = lines.get(id);
  if (before !== undefined) {
    const message = `${row.place}: clip ${quoted(id)} stands already in line ${before}`;
    throw new DataError(message, { kind: 'duplicate-id' });
  }
  lines.set(id, row.line);
  // Rounded, as 0.2 times 3 is not 0.6 in floating point.
  const sentiment = Number((value * SCALE).toFixed(6));
  const origin = { file: FILE, line: row.line, sentiment: `${FILE}, line ${row.line}, times ${SCALE}` };
  const sample: Sample = { id, videoId, clipId, split, text, sentiment, origin };
  checkAnnotation(annotation, sample, row.place, report);
  return sample;
}
