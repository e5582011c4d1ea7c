import { DataError, shownPath } from '@mmolre/files';
import { inWorker } from '../worker-jobs';

/** One segment of a video in a `.csd` file. */
export type CsdSegment = {
  /** Its row in the file, from 0. Rows are not in the order of time, and are no clip_id. */
  row: number;
  /** Seconds. */
  start: number;
  end: number;
  /** Its numbers; empty if the file holds words. */
  values: Float64Array;
  /** Its word, if the file holds words. */
  word?: string;
};

export type CsdOptions = {
  /** The reader is ended after so many seconds; 120 if left out. */
  deadlineSeconds?: number;
  /** How messages name the file; its path if left out. */
  shown?: string;
};

/** A computational sequence of the CMU-MultimodalSDK: its name, such as `All Labels`, and the segments of each video, in the file's order. */
export type CsdSequence = { name: string; width: number; videos: Map<string, CsdSegment[]> };

/**
 * Reads a `.csd` file (HDF5) of labels or words, in a worker with a deadline. Files of features are refused.
 *
 * @throws DataError if it is no such file, is damaged, claims more than is read, or takes too long.
 */
export async function readCsd(path: string, options: CsdOptions = {}): Promise<CsdSequence> {
  const { deadlineSeconds = 120, shown = shownPath(path) } = options;
  const file = await inWorker('read-csd', { path, shown }, { seconds: deadlineSeconds, subject: shown });
  const videos = new Map<string, CsdSegment[]>();
  let at = 0;
  for (const [index, video] of file.videos.entries()) {
    const segments: CsdSegment[] = [];
    for (let row = 0; row < file.counts[index]!; row++, at++) {
      const word = file.words[at];
      const [start, end] = [file.intervals[2 * at]!, file.intervals[2 * at + 1]!];
      if (!Number.isFinite(start) || !Number.isFinite(end)) {
        throw new DataError(`${shown}: video ${JSON.stringify(video)}, row ${row}: a time that is no number`);
      }
      const values = file.values.subarray(at * file.width, (at + 1) * file.width);
      segments.push({ row, start, end, values, ...(word !== undefined && { word }) });
    }
    videos.set(video, segments);
  }
  return { name: file.name, width: file.width, videos };
}

/** The words of a `.csd` file that begin within an interval, joined by spaces; pauses (`sp`) are left out. */
export function wordsWithin(segments: readonly CsdSegment[], start: number, end: number): string {
  return segments
    .filter(({ word, start: at }) => word !== undefined && word !== 'sp' && at >= start && at < end)
    .sort((a, b) => a.start - b.start)
    .map(({ word }) => word)
    .join(' ');
}
