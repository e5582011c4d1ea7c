import { DataError, quoted } from '@mmolre/files';
import { type CorpusFolder, shownFile } from '../corpus-folder';
import { csvRows } from '../formats/csv-rows';
import { numberWithin } from '../formats/number-cell';
import { readTextFile } from '../formats/text-file';
import { attempt, problem, type Report } from '../problem';

const TRANSCRIPT = /(?:^|\/)Transcript\/Segmented\/([^/]+)\.annotprocessed$/;
const SPOKEN = /^(\d{1,9})_DELIM_(.*)$/;

/** By the segment's number; without a value where its line is broken, which has been reported. */
export type Labels = Map<string, { line: number; sentiment?: number }>;
type Turns = Map<string, { line: number; text?: string }>;

/** The transcripts there are, by video. */
export const transcriptFiles = ({ files }: CorpusFolder): Map<string, string> =>
  new Map([...files].sort().flatMap((file) => (TRANSCRIPT.exec(file) ?? []).slice(1).map((video) => [video, file])));

/** The segments of `OpinionLevelSentiment.csv`, by video. */
export async function readLabels(folder: CorpusFolder, file: string, report: Report): Promise<Map<string, Labels>> {
  const shown = shownFile(folder, file);
  const { text, badLines } = await readTextFile(folder, file, report);
  const videos = new Map<string, Labels>();
  for (const { line, cells } of csvRows(text, shown, file, report)) {
    const place = `${shown}, line ${line}`;
    await attempt(report, file, line, () => {
      const [video = '', number = '', label = ''] = cells.slice(2).map((cell) => cell.trim());
      if (cells.length !== 5 || video === '' || !/^\d{1,9}$/.test(number)) {
        if (badLines.has(line)) return;
        const expected = 'expected begin, end, video, number of the segment, label';
        throw new DataError(`${place}: ${expected}, found ${quoted(cells.join(','))}`, { kind: 'bad-row' });
      }
      const segment = String(Number(number));
      const labels: Labels = videos.get(video) ?? new Map();
      const before = labels.get(segment);
      if (before) {
        const message = `${place}: segment ${segment} of ${quoted(video)} stands already in line ${before.line}`;
        throw new DataError(message, { kind: 'duplicate-id' });
      }
      videos.set(video, labels.set(segment, { line }));
      if (badLines.has(line)) return;
      const sentiment = numberWithin(label, -3, 3);
      if (sentiment === undefined) {
        const message = `${place}: expected a label from -3 to 3, found ${quoted(label)}`;
        throw new DataError(message, { kind: 'label-range' });
      }
      labels.set(segment, { line, sentiment });
    });
  }
  return videos;
}

/** The segments of a transcript. @throws DataError if the file cannot be read. */
export async function readTurns(folder: CorpusFolder, file: string, report: Report): Promise<Turns> {
  const { text, badLines } = await readTextFile(folder, file, report);
  const turns: Turns = new Map();
  for (const [index, content] of text.split(/\r\n|\r|\n/).entries()) {
    const line = index + 1;
    const place = `${shownFile(folder, file)}, line ${line}`;
    const [, number, spoken = ''] = SPOKEN.exec(content) ?? [];
    if (!number) {
      if (content.trim() === '' || badLines.has(line)) continue;
      const message = `${place}: expected the segment's number, _DELIM_ and its text, found ${quoted(content)}`;
      report(problem('bad-row', file, line, message));
      continue;
    }
    const segment = String(Number(number));
    const before = turns.get(segment);
    if (before) {
      const message = `${place}: segment ${segment} stands already in line ${before.line}`;
      report(problem('duplicate-id', file, line, message));
    } else turns.set(segment, { line, ...(!badLines.has(line) && { text: spoken.trim() }) });
  }
  return turns;
}
