import { posix } from 'node:path';
import { quoted } from '@mmolre/files';
import { type CorpusFolder, fileNamed, shownFile } from '../corpus-folder';
import type { CorpusReader } from '../corpus-reader';
import { findRecording, missingRecordings } from '../formats/recording-file';
import { attempt, problem } from '../problem';
import { type Sample, SPLITS } from '../sample';
import { MOSI_FOLDS } from './mosi-folds';
import { readLabels, readTurns, transcriptFiles } from './mosi-raw-files';

// CMU-MOSI: Zadeh et al., 2016. Its texts, labels and recordings are its owners' to pass on.

const LABELS = 'OpinionLevelSentiment.csv';
const RECORDINGS = ['Audio/WAV_16000/Segmented', 'Video/Segmented'];
const SPLIT_OF = new Map(SPLITS.flatMap((split) => MOSI_FOLDS[split].map((video) => [video, split] as const)));

/**
 * CMU-MOSI as its owners' zip holds it, with or without the folder `Raw`: `Labels/OpinionLevelSentiment.csv` without a head (begin, end, video,
 * segment, label), `Transcript/Segmented/<video>.annotprocessed` with lines `<segment>_DELIM_<text>`, and a recording of each segment in
 * `Audio/WAV_16000/Segmented` or `Video/Segmented`, `<video>_<segment>`. Other files of it are not looked at.
 *
 * An id is `<video>/<segment>` with the zip's own numbers, from 1, which are the clips of MMSA's and MMML's label.csv. Texts are in capitals, as
 * there. Splits are the standard folds; a video in none of them, and a segment without a label or a text, is reported and left out.
 */
export const mosiRaw: CorpusReader = {
  recognises: (folder) => fileNamed(folder, LABELS) !== undefined,
  lacks: (folder) =>
    recordingFolders(folder).length > 0 || transcriptFiles(folder).size > 0
      ? `its labels: Labels/${LABELS}`
      : undefined,
  read: async (folder, report) => {
    const labelFile = fileNamed(folder, LABELS)!;
    const base = posix.dirname(posix.dirname(labelFile));
    const videos = await readLabels(folder, labelFile, report);
    const transcripts = transcriptFiles(folder);
    const places = recordingFolders(folder);
    const missing = missingRecordings(folder, report);
    const samples: Sample[] = [];
    for (const [video, labels] of videos) {
      const split = SPLIT_OF.get(video);
      if (!split) {
        for (const { line } of labels.values()) {
          const what = `video ${quoted(video)} is in none of the standard folds; left out`;
          report(
            problem('not-mapped', labelFile, line, `${shownFile(folder, labelFile)}, line ${line}: ${what}`, 'error'),
          );
        }
        continue;
      }
      const file = transcripts.get(video) ?? posix.join(base, `Transcript/Segmented/${video}.annotprocessed`);
      const turns = await attempt(report, file, undefined, () => readTurns(folder, file, report));
      for (const [segment, label] of turns ? labels : []) {
        if (turns!.has(segment)) continue;
        const message = `${shownFile(folder, labelFile)}, line ${label.line}: segment ${segment} has no line in ${file}; left out`;
        report(problem('unmatched', labelFile, label.line, message, 'error'));
      }
      for (const [segment, { line, text }] of turns ?? []) {
        const place = `${shownFile(folder, file)}, line ${line}`;
        const label = labels.get(segment);
        if (!label) {
          report(
            problem('unmatched', file, line, `${place}: segment ${segment} has no label in ${labelFile}; left out`),
          );
        }
        if (text === undefined || label?.sentiment === undefined) continue;
        const name = `${video}_${segment}`;
        const stems = places.map((path) => `${path}/${name}`);
        const recording = await attempt(report, file, line, () => findRecording(folder, stems, place));
        if (recording && !recording.recording && !recording.video)
          missing.add(file, line, `${place}: no recording; looked for ${name}.wav and ${name}.mp4`);
        samples.push({
          id: `${video}/${segment}`,
          videoId: video,
          clipId: segment,
          split,
          text,
          sentiment: label.sentiment,
          ...recording,
          origin: { file, line, sentiment: `${labelFile}, line ${label.line}` },
        });
      }
    }
    for (const [video, file] of transcripts) {
      if (videos.has(video)) continue;
      const message = `${shownFile(folder, file)}: no segment of this video has a label in ${labelFile}; left out`;
      report(problem('unmatched', file, undefined, message));
    }
    missing.end();
    return samples;
  },
};

const recordingFolders = ({ folders }: CorpusFolder) =>
  [...folders].filter((path) => RECORDINGS.some((known) => `/${path}`.endsWith(`/${known}`)));
