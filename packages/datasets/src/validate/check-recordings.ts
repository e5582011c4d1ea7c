import { readAudio, readAudioInfo } from '@mmolre/audio';
import { DataError, LFS_ADVICE, LFS_POINTER, quoted } from '@mmolre/files';
import type { Sample } from '../corpora/label-row';
import { isAudioFile, isVideoFile } from '../corpora/recording-file';
import { relativeFile, shownFile } from '../corpus-folder';
import { problem, type Report } from '../problem';
import type { Corpus } from '../read-corpus';
import { eachOf } from './each-of';
import { type CorpusName, KNOWN_BAD } from './published';
import { readStart } from './read-start';

const AT_ONCE = 16;

export type RecordingOptions = {
  /** Decode every recording; else only its header is read. */
  deep?: boolean;
  maxSeconds?: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
};

/** Lengths of what could be read, in seconds. */
export type RecordingLengths = { recordings: number; seconds: number; shortest: number; longest: number };

/** Reads the header of each recording, or the whole, once, and reports those that are missing, cut off, damaged or only pointers. */
export async function checkRecordings(
  corpus: Corpus,
  report: Report,
  options: RecordingOptions = {},
): Promise<RecordingLengths> {
  const { deep = false, maxSeconds = 600, signal, onProgress } = options;
  const { folder, samples } = corpus;
  const users = new Map<string, Sample>();
  for (const sample of samples)
    for (const path of [sample.audio, sample.video]) if (path && !users.has(path)) users.set(path, sample);
  const lengths = { recordings: 0, seconds: 0, shortest: Number.POSITIVE_INFINITY, longest: 0 };
  let done = 0;
  await eachOf([...users], AT_ONCE, signal, async ([path, sample]) => {
    try {
      const isVideo = path === sample.video;
      const seconds = isVideo ? await checkVideo(path) : (await readAudioInfo(path, { maxSeconds })).seconds;
      if (deep && !isVideo) await readAudio(path, { maxSeconds });
      if (seconds === undefined) return;
      lengths.recordings += 1;
      lengths.seconds += seconds;
      lengths.shortest = Math.min(lengths.shortest, seconds);
      lengths.longest = Math.max(lengths.longest, seconds);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      const file = relativeFile(folder, path);
      const { file: rowFile = '', line } = sample.origin ?? {};
      const row = line === undefined ? `sample ${quoted(sample.id)}` : `${rowFile}, line ${line}`;
      const what = error.message.replace(path, () => shownFile(folder, file));
      const kind = error.kind === 'lfs-pointer' ? error.kind : 'corrupt-audio';
      report(problem(kind, rowFile, line, `${what}; ${row} names it`));
    } finally {
      onProgress?.(++done, users.size);
    }
  });
  return lengths;
}

/** Only that it is there: a video's own header is ffmpeg's to read. */
async function checkVideo(path: string): Promise<undefined> {
  const start = await readStart(path, 64);
  if (start.length === 0) throw new DataError(`${path}: the file is empty`);
  if (Buffer.from(start).toString('latin1').startsWith(LFS_POINTER)) {
    throw new DataError(`${path}: ${LFS_ADVICE}`, { kind: 'lfs-pointer' });
  }
}

/** Reports recordings that no sample uses, and samples whose clip is known to be bad. */
export function checkUse({ folder, samples }: Corpus, corpus: CorpusName | undefined, report: Report): void {
  const used = new Set(
    samples.flatMap(({ audio, video }) => [audio, video].flatMap((path) => (path ? relativeFile(folder, path) : []))),
  );
  const stems = new Set([...used].map(stemOf));
  for (const file of [...folder.files].sort()) {
    // A video beside its own extracted audio is no stray.
    if (!(isAudioFile(file) || isVideoFile(file)) || used.has(file) || stems.has(stemOf(file))) continue;
    report(problem('no-row', file, undefined, `${shownFile(folder, file)}: no sample uses this recording`));
  }
  const bad = corpus && KNOWN_BAD[corpus];
  for (const sample of bad ? samples : []) {
    const why = bad!.get(sample.id);
    if (!why) continue;
    const { file, line } = sample.origin ?? { file: '' };
    report(
      problem(
        'known-bad',
        file,
        line,
        `${shownFile(folder, file)}${line === undefined ? '' : `, line ${line}`}: clip ${quoted(sample.id)} is ${why}`,
      ),
    );
  }
}

const stemOf = (file: string) => file.slice(0, file.lastIndexOf('.'));
