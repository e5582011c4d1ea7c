import { join } from 'node:path';
import { DataError } from '@mmolre/files';
import { type CorpusFolder, fileNamed, shownFile } from '../corpus-folder';
import type { CorpusReader } from '../corpus-reader';
import { readCsd, wordsWithin } from '../formats/csd';
import { readTextFile } from '../formats/text-file';
import { attempt, problem, type Report } from '../problem';
import { type Sample, SPLITS, type Split } from '../sample';
import { labelSequence, MOSEI_COLUMNS, segmentLabels } from './mosei-emotions';

const FOLDS = 'standard_folds.json';

/**
 * A folder with the SDK's files alone: a label `.csd`, and if there is one the words' `.csd` for the texts. A sample's clip is its row in
 * the label file. Splits are read from `standard_folds.json`: `{ "train": [video, ...], "valid": [...], "test": [...] }`. No audio.
 */
export const sdkFolder: CorpusReader = {
  recognises: (folder) => labelSequence(folder) !== undefined,
  read: async (folder, report) => {
    const file = labelSequence(folder)!;
    const shown = shownFile(folder, file);
    const splits = await readFolds(folder, report);
    const labels = await readCsd(join(folder.root, file), { shown });
    if (labels.width !== 1 && labels.width !== MOSEI_COLUMNS.length) {
      throw new DataError(
        `${shown}: expected 1 column or ${MOSEI_COLUMNS.length} (${MOSEI_COLUMNS.join(', ')}), found ${labels.width}`,
      );
    }
    const wordFile = [...folder.files].sort().find((name) => /words\.csd$/i.test(name));
    const words = wordFile
      ? await attempt(report, wordFile, undefined, () =>
          readCsd(join(folder.root, wordFile), { shown: shownFile(folder, wordFile) }),
        )
      : undefined;
    const samples: Sample[] = [];
    for (const [video, segments] of labels.videos) {
      const split = splits.get(video);
      if (!split) {
        report(problem('not-mapped', file, undefined, `${shown}: video ${video} is in no split of ${FOLDS}; left out`));
        continue;
      }
      for (const segment of segments) {
        const origin = `${file}, video ${video}, row ${segment.row}`;
        const found = segmentLabels(segment);
        if (!found) {
          report(
            problem(
              'label-range',
              file,
              undefined,
              `${shown}: video ${video}, row ${segment.row}: a label that is no number, or below 0`,
            ),
          );
          continue;
        }
        samples.push({
          id: `${video}/${segment.row}`,
          videoId: video,
          clipId: String(segment.row),
          split,
          text: wordsWithin(words?.videos.get(video) ?? [], segment.start, segment.end),
          sentiment: found.sentiment,
          ...(labels.width > 1 && { emotions: found.emotions }),
          origin: { file, sentiment: origin, ...(labels.width > 1 && { emotions: origin }) },
        });
      }
    }
    return samples;
  },
};

async function readFolds(folder: CorpusFolder, report: Report): Promise<Map<string, Split>> {
  const file = fileNamed(folder, FOLDS);
  if (!file)
    throw new DataError(
      `${folder.shown}: no ${FOLDS}; it says which video is in which split: {"train": ["VIDEO", ...], "valid": [...], "test": [...]}`,
    );
  const shown = shownFile(folder, file);
  let content: unknown;
  try {
    content = JSON.parse((await readTextFile(folder, file, report)).text);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(`${shown}: no JSON`);
  }
  const splits = new Map<string, Split>();
  for (const split of SPLITS) {
    const videos = (content as Partial<Record<Split, unknown>> | null)?.[split];
    if (!Array.isArray(videos) || !videos.every((video) => typeof video === 'string'))
      throw new DataError(`${shown}: expected a list of videos under "${split}"`);
    for (const video of videos as string[]) {
      const before = splits.get(video);
      if (before && before !== split)
        report(problem('leakage', file, undefined, `${shown}: video ${video} is in ${before} and in ${split}`));
      splits.set(video, split);
    }
  }
  return splits;
}
