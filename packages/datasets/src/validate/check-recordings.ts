import { basename } from 'node:path';
import { readAudioInfo } from '@mmolre/audio';
import { DataError, type ProblemKind, quoted, shownPath } from '@mmolre/files';
import { relativeFile, shownFile, shownPlace } from '../corpus-folder';
import { isRecordingFile } from '../formats/recording-file';
import { checkVideoKind, readVideoSeconds } from '../formats/video-info';
import { findVideoProgram } from '../formats/video-programs';
import { problem, type Report, type Severity } from '../problem';
import type { Corpus, Layout } from '../read-corpus';
import { type AudioRemark, hearRecording } from './audio-remark';
import { eachOf } from './each-of';
import { firstUsers } from './first-users';
import { type CorpusName, KNOWN_BAD } from './published';

const AT_ONCE = 16;
/** Kinds that say more than that a recording is of no use. */
const TELLING = new Set<ProblemKind>(['lfs-pointer', 'no-audio-track']);

export type RecordingOptions = {
  /** Decode every recording and read the head of every video; else only the header of recordings and the first bytes of videos. */
  deep?: boolean;
  maxSeconds?: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
};

/** Lengths of what could be read, in seconds. */
export type RecordingLengths = {
  recordings: number;
  seconds: number;
  shortest: number;
  longest: number;
};

/**
 * Reads the header of each recording, or with `deep` the whole and the heads of videos, once. It reports those that are missing, cut short,
 * damaged, without sound or only pointers, and as warnings those that {@link audioRemark} has a remark on.
 */
export async function checkRecordings(
  corpus: Corpus,
  report: Report,
  options: RecordingOptions = {},
): Promise<RecordingLengths> {
  const { deep = false, maxSeconds = 600, signal, onProgress } = options;
  const { folder, samples } = corpus;
  const users = firstUsers(samples);
  const hasVideos = [...users].some(([path, { video }]) => path === video);
  const ffprobe = deep && hasVideos ? await findVideoProgram('ffprobe') : undefined;
  const lengths = { recordings: 0, seconds: 0, shortest: Number.POSITIVE_INFINITY, longest: 0 };
  const look = async (path: string, isVideo: boolean): Promise<{ seconds?: number; remark?: AudioRemark }> => {
    if (!isVideo) return deep ? hearRecording(path, maxSeconds) : readAudioInfo(path, { maxSeconds });
    const seconds = deep ? await readVideoSeconds(path, maxSeconds, ffprobe) : await checkVideoKind(path);
    return seconds === undefined ? {} : { seconds };
  };
  let done = 0;
  await eachOf([...users], AT_ONCE, signal, async ([path, sample]) => {
    const tell = (kind: ProblemKind, what: string, severity: Severity) => {
      const { file = '', line } = sample.origin ?? {};
      const row = line === undefined ? `sample ${quoted(sample.id)}` : `${file}, line ${line}`;
      report(problem(kind, file, line, `${what}; ${row} names it`, severity));
    };
    const shown = shownFile(folder, relativeFile(folder, path));
    try {
      const { seconds, remark } = await look(path, path === sample.video);
      if (remark) tell(remark.kind, `${shown}: ${remark.message}`, 'warning');
      if (seconds === undefined) return;
      lengths.recordings += 1;
      lengths.seconds += seconds;
      lengths.shortest = Math.min(lengths.shortest, seconds);
      lengths.longest = Math.max(lengths.longest, seconds);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      tell(
        TELLING.has(error.kind) ? error.kind : 'corrupt-audio',
        error.message.replace(shownPath(path), () => shown),
        'error',
      );
    } finally {
      onProgress?.(++done, users.size);
    }
  });
  return lengths;
}

/** Where a recording's name alone says whose it is: in another folder are its copies, and the whole that it was cut from. */
const NAMED_ALONE: ReadonlySet<Layout> = new Set<Layout>(['mosi-raw', 'crema-d']);

/** Reports recordings that no sample uses, and samples whose clip is known to be bad. */
export function checkUse({ folder, layout, samples }: Corpus, corpus: CorpusName | undefined, report: Report): void {
  const used = new Set(
    samples.flatMap(({ recording, video }) =>
      [recording, video].flatMap((path) => (path ? relativeFile(folder, path) : [])),
    ),
  );
  const stems = new Set([...used].map(stemOf));
  const names = new Set(
    NAMED_ALONE.has(layout) ? [...[...used].map(nameOf), ...samples.map((one) => one.videoId)] : [],
  );
  for (const file of [...folder.files].sort()) {
    // A video beside its own extracted audio is no stray.
    if (!isRecordingFile(file) || used.has(file) || stems.has(stemOf(file)) || names.has(nameOf(file))) continue;
    report(problem('no-row', file, undefined, `${shownFile(folder, file)}: no sample uses this recording`));
  }
  const bad = corpus && KNOWN_BAD[corpus];
  for (const sample of bad ? samples : []) {
    const why = bad!.get(sample.id);
    if (!why) continue;
    const origin = sample.origin ?? { file: '' };
    const message = `${shownPlace(folder, origin)}: clip ${quoted(sample.id)} is ${why}`;
    report(problem('known-bad', origin.file, origin.line, message));
  }
}

const stemOf = (file: string) => file.slice(0, file.lastIndexOf('.'));
const nameOf = (file: string) => basename(stemOf(file));
