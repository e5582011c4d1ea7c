import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readAudio } from '@mmolre/audio';
import { EMOTIONS } from '@mmolre/datasets';
import { csvRecords, csvText, DataError, fileInside, readDataFile, writeFileSafely } from '@mmolre/files';
import { shown, type Table, toTerminal } from '@mmolre/report';
import { type Answer, loadTrainedRun, type Utterance } from '@mmolre/training';

/** What is asked on a command line. */
export type Asked = {
  /** What is said. */ text?: string | undefined;
  /** A recording of it. */ audio?: string | undefined;
  /** Instead: a folder of recordings, or a CSV file with columns `text` and `audio`, one of them at least, and `id` if it has one. */
  source?: string | undefined;
};

export type PredictOptions = {
  /** Folder of a trained run. */ run: string;
  /** What to answer. */ named: readonly Named[];
  /** A CSV file for the answers. */ out?: string | undefined;
  log: (line: string) => void;
};

/** An utterance as it is named: its recording is not read yet. */
export type Named = { id: string; text?: string | undefined; recording?: string | undefined };
export type Answered = { id: string } & Answer;

const MAX_CSV_BYTES = 1e9;
/** So many recordings are in memory at once. */
const CHUNK = 64;

/**
 * What a trained run says of each utterance. A recording of several that cannot be read is left out, and said.
 *
 * @throws One line: what cannot be read.
 */
export async function predictRun({ run, named, log, out }: PredictOptions): Promise<Answered[]> {
  const trained = await loadTrainedRun(run, { log, isPacked: true });
  const answered: Answered[] = [];
  for (let start = 0; start < named.length; start += CHUNK) {
    const read: { id: string; utterance: Utterance }[] = [];
    for (const { id, text, recording } of named.slice(start, start + CHUNK)) {
      try {
        read.push({ id, utterance: { text, ...(recording && { audio: await readAudio(recording) }) } });
      } catch (error) {
        if (named.length === 1 || !(error instanceof DataError)) throw error;
        log(`warning: left out: ${error.message}`);
      }
    }
    const answers = trained.predict(read.map(({ utterance }) => utterance));
    for (const [i, { id }] of read.entries()) answered.push({ id, ...answers[i]! });
  }
  if (answered.length === 0) throw new Error(`none of the ${named.length} recordings could be read`);
  if (out) await writeFileSafely(out, answersCsv(answered));
  return answered;
}

/**
 * The utterances that are asked about: one, or those in a folder or CSV file.
 *
 * @throws One line: what is missing, or was not expected.
 */
export async function namedOf({ text, audio, source }: Asked): Promise<Named[]> {
  if (source === undefined) {
    if (text === undefined && audio === undefined)
      throw new Error('expected --text, --audio, or a folder of recordings or CSV file, found none of them');
    return [{ id: audio ? basename(audio) : 'text', text, recording: audio }];
  }
  if (text !== undefined || audio !== undefined)
    throw new Error(`expected either ${source} or --text and --audio, found both`);
  const found = await stat(source).catch(() => undefined);
  if (!found) throw new Error(`${source}: expected a folder of recordings or a CSV file, found nothing`);
  const named = found.isDirectory() ? await recordingsIn(source) : await rowsOf(source);
  if (named.length === 0) throw new Error(`${source}: expected recordings or rows, found none`);
  return named;
}

/** Its files but hidden ones, by name; what is no recording is left out when it is read. */
async function recordingsIn(folder: string): Promise<Named[]> {
  const files = await readdir(folder, { withFileTypes: true });
  return files
    .filter((file) => file.isFile() && !file.name.startsWith('.'))
    .map(({ name }) => ({ id: name, recording: join(folder, name) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function rowsOf(path: string): Promise<Named[]> {
  const text = new TextDecoder().decode(await readDataFile(path, MAX_CSV_BYTES));
  const [head, ...rows] = csvRecords(text, (reason, line) => {
    throw new DataError(`${path}, line ${line}: ${reason}`);
  });
  const at = (name: string) => head?.cells.findIndex((cell) => cell.trim().toLowerCase() === name) ?? -1;
  const columns = { id: at('id'), text: at('text'), audio: at('audio') };
  if (columns.text < 0 && columns.audio < 0)
    throw new DataError(`${path}: expected a column text or audio, found ${head?.cells.join(', ') || 'none'}`);
  const root = await realpath(dirname(path));
  return Promise.all(
    rows.map(async ({ cells, line }, i) => {
      const cell = (column: number) => cells[column]?.trim() || undefined;
      const [name, said] = [cell(columns.audio), cell(columns.text)];
      const place = `${path}, line ${line}, audio`;
      if (!name && !said) throw new DataError(`${path}, line ${line}: expected text or audio, found neither`);
      const recording = name && (await fileInside(root, name, place));
      if (name && !recording) throw new DataError(`${place}: no such file: ${name}`);
      return { id: cell(columns.id) ?? String(i + 1), text: said, recording };
    }),
  );
}

/** One row an utterance: what `--out` writes. */
const answersCsv = (answered: readonly Answered[]): string =>
  csvText([
    ['id', 'sentiment', ...EMOTIONS, 'category'],
    ...answered.map(({ id, sentiment, emotions, category }) => [
      id,
      sentiment ?? '',
      ...EMOTIONS.map((name) => emotions?.[name] ?? ''),
      category ?? '',
    ]),
  ]);

/** The same as a terminal shows it, the tasks that the model has. */
export function answersText(answered: readonly Answered[]): string {
  const { sentiment, emotions } = answered[0] ?? {};
  const table: Table = {
    head: ['', ...(sentiment === undefined ? [] : ['sentiment']), ...(emotions ? [...EMOTIONS, 'category'] : [])],
    rows: answered.map((one) => [
      one.id,
      ...(one.sentiment === undefined ? [] : [shown(one.sentiment, 2)]),
      ...(one.emotions ? [...EMOTIONS.map((name) => shown(one.emotions![name], 2)), one.category!] : []),
    ]),
  };
  return toTerminal([{ table }]);
}
