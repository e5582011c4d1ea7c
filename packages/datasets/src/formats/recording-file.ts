import type { CorpusFolder } from '../corpus-folder';
import { problem, type Report } from '../problem';
import type { Sample } from '../sample';

/** Endings of files that are read as they are. */
const READ = ['wav', 'flac', 'mp3', 'ogg', 'opus'];
/** Endings of files that `prepare` takes the sound out of, sound alone before video. */
const CONVERTED = [
  ...['m4a', 'aac', 'wma', 'aiff', 'aif', 'amr', 'au', 'caf', 'mka'],
  ...['mp4', 'avi', 'mkv', 'mov', 'webm', 'flv', 'm4v', '3gp', '3g2', 'wmv', 'mpg', 'mpeg'],
];
const ENDINGS = { recording: READ, video: CONVERTED };

export type RecordingFile = Pick<Sample, 'recording' | 'video'>;

/** What a sample says of its file at `path`: a recording, or a `video` that its recording is still inside of, as the ending of its name says. */
export const recordingFile = (name: string, path: string): RecordingFile =>
  CONVERTED.includes(endingOf(name)) ? { video: path } : { recording: path };

/** Whether a file's name is that of a recording, or of a file that holds one. */
export const isRecordingFile = (file: string) => Object.values(ENDINGS).some((known) => known.includes(endingOf(file)));

/**
 * The first recording there is among paths without their ending: what is read as it is before what is converted, each path with every ending,
 * in capitals or not.
 *
 * @throws DataError as {@link CorpusFolder.find} does.
 */
export async function findRecording(
  folder: CorpusFolder,
  stems: readonly string[],
  place: string,
): Promise<RecordingFile> {
  for (const endings of Object.values(ENDINGS)) {
    for (const stem of stems) {
      for (const name of namesOf(folder, stem, endings)) {
        const path = await folder.find(name, place);
        if (path) return recordingFile(name, path);
      }
    }
  }
  return {};
}

/** The names that a path may have with these endings: those that the folder lists, or all, where the way to it is not listed. */
function namesOf(folder: CorpusFolder, stem: string, endings: readonly string[]): string[] {
  const listed =
    namesByStem(folder)
      .get(stem)
      ?.filter((name) => endings.includes(endingOf(name))) ?? [];
  const rank = (name: string) => endings.indexOf(endingOf(name)) + (folder.folders.has(name) ? endings.length : 0);
  if (listed.length > 0) return listed.sort((a, b) => rank(a) - rank(b));
  return isListed(folder, stem) ? [] : endings.map((ending) => `${stem}.${ending}`);
}

/** Whether all that is at a path is listed: it goes through no link and nothing but plain names. */
function isListed({ others }: CorpusFolder, stem: string): boolean {
  const parts = stem.split('/');
  if (parts.some((part) => ['', '.', '..'].includes(part)) || /[\\\0:]/.test(stem)) return false;
  return others.size === 0 || !parts.some((_, i) => others.has(parts.slice(0, i + 1).join('/')));
}

const indexes = new WeakMap<CorpusFolder, Map<string, string[]>>();

/** What the folder lists under the endings that are known, by path without the ending. */
function namesByStem(folder: CorpusFolder): Map<string, string[]> {
  const known = indexes.get(folder);
  if (known) return known;
  const index = new Map<string, string[]>();
  for (const name of [...folder.files, ...folder.others, ...folder.folders]) {
    if (!isRecordingFile(name)) continue;
    const stem = name.slice(0, name.lastIndexOf('.'));
    const names = index.get(stem);
    if (names) names.push(name);
    else index.set(stem, [name]);
  }
  indexes.set(folder, index);
  return index;
}

const endingOf = (file: string) => file.slice(file.lastIndexOf('.') + 1).toLowerCase();

/** Reports rows without a recording: each of them, or one problem for all where the folder has no recordings at all. */
export function missingRecordings(folder: CorpusFolder, report: Report) {
  const anywhere = [...folder.files, ...folder.others].some(isRecordingFile);
  let count = 0;
  let first = '';
  return {
    add(file: string, line: number | undefined, message: string): void {
      count += 1;
      first ||= file;
      if (anywhere) report(problem('no-audio', file, line, message));
    },
    end(): void {
      if (anywhere || count === 0) return;
      const message = `${folder.shown}: no recordings in this folder: its ${count} samples are text only`;
      report(problem('no-audio', first, undefined, message));
    },
  };
}
