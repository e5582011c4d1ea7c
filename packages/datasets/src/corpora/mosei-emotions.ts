import { join } from 'node:path';
import { type CorpusFolder, shownFile } from '../corpus-folder';
import { type CsdSegment, type CsdSequence, readCsd } from '../formats/csd';
import { attempt, problem, type Report } from '../problem';
import { emotionVector, type Sample } from '../sample';
import { emotionsIn, MOSEI_VOCABULARY } from '../vocabularies';
import { type ClipTimes, readClipTimes } from './mosei-clip-times';

const WORDS = Object.keys(MOSEI_VOCABULARY);
/** The columns of `CMU_MOSEI_Labels.csd`: sentiment, and degrees of the six emotions from 0 to 3. */
export const MOSEI_COLUMNS: readonly string[] = ['sentiment', ...WORDS];
/** Where a clip's sentiment and its segment's differ by more, they are not the same clip. */
const SENTIMENT_TOLERANCE = 0.5;

export type EmotionJoin = {
  /** Segment of each sample by its id; samples without one are missing. */
  segments: Map<string, CsdSegment>;
  /** Segments of the file that no sample has. */
  unusedSegments: number;
};

/**
 * Finds the segment of each sample by its times, never by a row's number: rows of the file are in no order of time. A segment matches if both
 * its begin and its end are within the tolerance, the nearest pair of a video first, each segment once.
 *
 * @param times Of the samples, by id.
 * @param toleranceSeconds 0.1 if left out.
 */
export function joinByTime(
  samples: readonly Pick<Sample, 'id' | 'videoId'>[],
  times: ReadonlyMap<string, ClipTimes>,
  { videos }: Pick<CsdSequence, 'videos'>,
  toleranceSeconds = 0.1,
): EmotionJoin {
  const byVideo = new Map<string, string[]>();
  for (const { id, videoId } of samples) byVideo.set(videoId, [...(byVideo.get(videoId) ?? []), id]);
  const segments = new Map<string, CsdSegment>();
  for (const [video, clips] of byVideo) {
    const pairs = clips.flatMap((id) => {
      const clip = times.get(id);
      if (!clip) return [];
      return (videos.get(video) ?? [])
        .map((segment) => ({
          id,
          segment,
          apart: Math.max(Math.abs(segment.start - clip.start), Math.abs(segment.end - clip.end)),
        }))
        .filter(({ apart }) => apart <= toleranceSeconds);
    });
    const used = new Set<CsdSegment>();
    for (const { id, segment } of pairs.sort((a, b) => a.apart - b.apart)) {
      if (segments.has(id) || used.has(segment)) continue;
      segments.set(id, segment);
      used.add(segment);
    }
  }
  const all = [...videos.values()].reduce((sum, { length }) => sum + length, 0);
  return { segments, unusedSegments: all - segments.size };
}

/** The path of the SDK's label file in a folder, if it has one. */
export const labelSequence = ({ files }: CorpusFolder) => [...files].sort().find((file) => /labels\.csd$/i.test(file));

/**
 * Gives the samples of MOSEI's label.csv, which has no emotions, those of `CMU_MOSEI_Labels.csd` in the same folder. The clips' times stand in
 * the raw release's `Transcript/Segmented/Combined/<video>.txt`. What finds no counterpart is reported.
 */
export async function withMoseiEmotions(folder: CorpusFolder, samples: Sample[], report: Report): Promise<Sample[]> {
  const file = labelSequence(folder);
  if (!file || samples.some(({ emotions }) => emotions)) return samples;
  const shown = shownFile(folder, file);
  const labels = await attempt(report, file, undefined, () => readCsd(join(folder.root, file), { shown }));
  if (!labels) return samples;
  if (labels.width !== MOSEI_COLUMNS.length) {
    const message = `${shown}: expected ${MOSEI_COLUMNS.length} columns (${MOSEI_COLUMNS.join(', ')}), found ${labels.width}`;
    report(problem('unreadable', file, undefined, message));
    return samples;
  }
  const times = await readClipTimes(folder, new Set(samples.map(({ videoId }) => videoId)), report);
  if (times.size === 0) {
    const message = `${shown}: not joined: no times of clips; expected the raw release's Transcript/Segmented/Combined/<video>.txt in the folder`;
    report(problem('unmatched', file, undefined, message));
    return samples;
  }
  const { segments, unusedSegments } = joinByTime(samples, times, labels);
  if (unusedSegments > 0) {
    const message = `${shown}: ${unusedSegments} segments belong to no row of label.csv`;
    report(problem('unmatched', file, undefined, message));
  }
  return samples.map((sample) => withSegment(folder, file, sample, segments.get(sample.id), report));
}

function withSegment(
  folder: CorpusFolder,
  file: string,
  sample: Sample,
  segment: CsdSegment | undefined,
  report: Report,
): Sample {
  const { file: rowFile, line } = sample.origin!;
  const place = `${shownFile(folder, rowFile)}, line ${line}`;
  if (!segment) {
    report(
      problem('unmatched', rowFile, line, `${place}: no segment of ${file} at the clip's times; it has no emotions`),
    );
    return sample;
  }
  const origin = `${file}, video ${sample.videoId}, row ${segment.row}`;
  const labels = segmentLabels(segment);
  if (!labels) {
    report(
      problem(
        'label-range',
        file,
        undefined,
        `${shownFile(folder, file)}: video ${sample.videoId}, row ${segment.row}: a label that is no number, or below 0`,
      ),
    );
    return sample;
  }
  if (sample.sentiment !== undefined && Math.abs(sample.sentiment - labels.sentiment) > SENTIMENT_TOLERANCE) {
    const message = `${place}: label ${sample.sentiment}, but ${origin} says ${labels.sentiment.toFixed(2)}`;
    report(problem('mismatch', rowFile, line, message));
  }
  return {
    ...sample,
    emotions: labels.emotions,
    ...(sample.sentiment === undefined && { sentiment: labels.sentiment }),
    origin: { ...sample.origin!, emotions: origin, ...(sample.sentiment === undefined && { sentiment: origin }) },
  };
}

/** A segment's sentiment, limited to -3 .. 3 as a few clips lie beyond it, and its emotions: present above 0. undefined if one is no label. */
export function segmentLabels({ values }: CsdSegment): { sentiment: number; emotions: number[] } | undefined {
  const [sentiment, ...degrees] = values;
  if (sentiment === undefined || !Number.isFinite(sentiment) || !degrees.every((degree) => degree >= 0))
    return undefined;
  return {
    sentiment: Math.max(-3, Math.min(3, sentiment)),
    emotions: emotionVector(...emotionsIn(MOSEI_VOCABULARY, ...WORDS.filter((_, i) => degrees[i]! > 0))!),
  };
}
