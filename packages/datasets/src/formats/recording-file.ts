import type { CorpusFolder } from '../corpus-folder';
import { problem, type Report } from '../problem';
import type { Sample } from '../sample';

/** Endings of files that are read as audio. */
const AUDIO_ENDINGS = ['wav', 'flac', 'mp3', 'ogg', 'opus'] as const;
/** Endings of files that audio is extracted from. */
const VIDEO_ENDINGS = ['mp4', 'avi', 'mkv', 'mov', 'webm', 'flv'] as const;

export type RecordingFile = Pick<Sample, 'recording' | 'video'>;

/**
 * The first recording there is among paths without their ending: audio before video, each path with every ending.
 *
 * @throws DataError as {@link CorpusFolder.find} does.
 */
export async function findRecording(
  folder: CorpusFolder,
  stems: readonly string[],
  place: string,
): Promise<RecordingFile> {
  for (const [kind, endings] of [
    ['recording', AUDIO_ENDINGS],
    ['video', VIDEO_ENDINGS],
  ] as const) {
    for (const stem of stems) {
      for (const ending of endings) {
        const path = await folder.find(`${stem}.${ending}`, place);
        if (path) return { [kind]: path };
      }
    }
  }
  return {};
}

const ending = (file: string) => file.slice(file.lastIndexOf('.') + 1).toLowerCase();

export const isAudioFile = (file: string) => (AUDIO_ENDINGS as readonly string[]).includes(ending(file));
export const isVideoFile = (file: string) => (VIDEO_ENDINGS as readonly string[]).includes(ending(file));

/** Reports rows without a recording: each of them, or one problem for all where the folder has no recordings at all. */
export function missingRecordings(folder: CorpusFolder, report: Report) {
  const anywhere = [...folder.files, ...folder.others].some((file) => isAudioFile(file) || isVideoFile(file));
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
