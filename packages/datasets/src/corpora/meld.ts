import { DataError, quoted } from '@mmolre/files';
import { type CorpusFolder, fileNamed } from '../corpus-folder';
import type { CorpusReader } from '../corpus-reader';
import { findRecording, missingRecordings } from '../formats/recording-file';
import { readCsvTable, type TableRow } from '../formats/table-file';
import { attempt, type Report } from '../problem';
import { emotionVector, POLARITIES, type Sample, type Split } from '../sample';
import { emotionsIn, MELD_VOCABULARY } from '../vocabularies';

// MELD: Poria et al., ACL 2019. https://github.com/declare-lab/MELD

const COLUMNS = ['Utterance', 'Speaker', 'Emotion', 'Sentiment', 'Dialogue_ID', 'Utterance_ID'] as const;
/** The encoding is that of its own files, where they hold curly quotes and dashes. */
const OPTIONS = { encoding: 'windows-1252', optional: ['Speaker'] } as const;
type Row = TableRow<(typeof COLUMNS)[number]>;

/** Its own file of each split, and the folders that its archives and their users keep the recordings in. */
const PARTS = [
  { split: 'train', name: 'train', folders: ['train_splits', 'train'] },
  { split: 'valid', name: 'dev', folders: ['dev_splits_complete', 'dev_splits', 'dev', 'valid'] },
  { split: 'test', name: 'test', folders: ['output_repeated_splits_test', 'test_splits', 'test'] },
] as const;

/**
 * MELD's `<split>_sent_emo.csv` files, as many as there are, and recordings `dia<N>_utt<M>` in a folder of each split. Its sentiment is a
 * polarity, no score. Dialogue numbers are used again in each split, so an id begins with the split: `train_dia0/utt3`.
 */
export const meld: CorpusReader = {
  recognises: (folder) => PARTS.some(({ name }) => fileNamed(folder, `${name}_sent_emo.csv`)),
  lacks: ({ folders, files }) => {
    const known = PARTS.flatMap((part) => part.folders.slice(0, 1));
    const clips = [...files].some((file) => /(^|\/)dia\d+_utt\d+\.(mp4|wav)$/.test(file));
    return clips || known.some((name) => [...folders].some((path) => `/${path}`.endsWith(`/${name}`)))
      ? 'its label files: <train, dev, test>_sent_emo.csv'
      : undefined;
  },
  read: async (folder, report) => {
    const samples: Sample[] = [];
    const missing = missingRecordings(folder, report);
    for (const { split, name, folders } of PARTS) {
      const file = fileNamed(folder, `${name}_sent_emo.csv`);
      if (!file) continue;
      const places = [...folder.folders].filter((path) => folders.some((known) => `/${path}`.endsWith(`/${known}`)));
      const lines = new Map<string, number>();
      const read = () => readCsvTable(folder, file, COLUMNS, report, OPTIONS);
      for (const row of (await attempt(report, file, undefined, read)) ?? []) {
        const sample = await attempt(report, file, row.line, () => parseMeldRow(row, split, name, file, lines));
        if (!sample) continue;
        const stem = `${sample.videoId.slice(name.length + 1)}_${sample.clipId}`;
        const recording = await recordingOf(folder, places, stem, row, file, report);
        if (recording && !recording.recording && !recording.video) {
          missing.add(file, row.line, `${row.place}: no recording; looked for ${stem}.wav and ${stem}.mp4`);
        }
        samples.push({ ...sample, ...recording });
      }
    }
    missing.end();
    return samples;
  },
};

function recordingOf(folder: CorpusFolder, places: string[], stem: string, row: Row, file: string, report: Report) {
  const stems = places.map((place) => `${place}/${stem}`);
  return attempt(report, file, row.line, () => findRecording(folder, stems, row.place));
}

function parseMeldRow(row: Row, split: Split, name: string, file: string, lines: Map<string, number>): Sample {
  const { Utterance, Speaker, Emotion, Sentiment, Dialogue_ID, Utterance_ID } = row.cells;
  for (const [column, value] of Object.entries({ Dialogue_ID, Utterance_ID })) {
    if (/^\d+$/.test(value)) continue;
    const message = `${row.place}, column ${column}: expected a whole number, found ${quoted(value)}`;
    throw new DataError(message, { kind: 'bad-row' });
  }
  const category = Emotion.trim();
  if (!Object.hasOwn(MELD_VOCABULARY, category)) {
    const message = `${row.place}, column Emotion: expected one of ${Object.keys(MELD_VOCABULARY).join(', ')}, found ${quoted(Emotion)}`;
    throw new DataError(message, { kind: 'label-range' });
  }
  const polarity = POLARITIES.find((known) => known === Sentiment.trim());
  if (!polarity) {
    const message = `${row.place}, column Sentiment: expected one of ${POLARITIES.join(', ')}, found ${quoted(Sentiment)}`;
    throw new DataError(message, { kind: 'label-range' });
  }
  const videoId = `${name}_dia${Number(Dialogue_ID)}`;
  const clipId = `utt${Number(Utterance_ID)}`;
  const id = `${videoId}/${clipId}`;
  const before = lines.get(id);
  if (before !== undefined) {
    const message = `${row.place}: dialogue ${Dialogue_ID}, utterance ${Utterance_ID} stands already in line ${before}`;
    throw new DataError(message, { kind: 'duplicate-id' });
  }
  lines.set(id, row.line);
  const place = `${file}, line ${row.line}`;
  const origin = { file, line: row.line, sentiment: place, emotions: place };
  const emotions = emotionVector(...emotionsIn(MELD_VOCABULARY, category)!);
  const speaker = Speaker.trim();
  const said = { ...(speaker && { speaker }), text: Utterance };
  return { id, videoId, clipId, split, ...said, polarity, emotions, category, origin };
}
