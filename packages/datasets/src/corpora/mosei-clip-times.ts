import { type CorpusFolder, shownFile } from '../corpus-folder';
import { readTextFile } from '../formats/text-file';
import { attempt, problem, type Report } from '../problem';

/** Begin and end of a clip in its video, in seconds. */
export type ClipTimes = { start: number; end: number };

const TRANSCRIPT = /(?:^|\/)Combined\/([^/]+)\.txt$/;

/** Times of clips by `<video>/<clip>`, from lines `VIDEO___CLIP___start___end___text`. */
export async function readClipTimes(
  folder: CorpusFolder,
  videos: ReadonlySet<string>,
  report: Report,
): Promise<Map<string, ClipTimes>> {
  const times = new Map<string, ClipTimes>();
  for (const file of [...folder.files].sort()) {
    const video = TRANSCRIPT.exec(file)?.[1];
    if (!video || !videos.has(video)) continue;
    const content = await attempt(report, file, undefined, () => readTextFile(folder, file, report));
    for (const [index, line] of (content?.text ?? '').split(/\r?\n/).entries()) {
      if (line.trim() === '') continue;
      const [name, clip, start, end] = line.split('___');
      const interval = { start: Number(start), end: Number(end) };
      if (name === video && clip && start && end && interval.end > interval.start) {
        times.set(`${video}/${clip}`, interval);
      } else {
        const message = `${shownFile(folder, file)}, line ${index + 1}: expected VIDEO___CLIP___start___end___text`;
        report(problem('bad-row', file, index + 1, message, 'warning'));
      }
    }
  }
  return times;
}
