import { DataError, quoted } from '@mmolre/files';
import { type CorpusFolder, fileNamed, shownFile } from '../corpus-folder';
import type { CorpusReader } from '../corpus-reader';
import { findRecording, missingRecordings } from '../formats/recording-file';
import { attempt, problem, type Report } from '../problem';
import { type Sample, SPLITS } from '../sample';
import { MOSI_FOLDS } from './mosi-folds';
import { type Labels, readLabels, readTranscripts, type Transcript, transcriptOf } from './mosi-raw-files';

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
  recognises: (folder) => fileNamed(folder, LABELS) !== undefined || [...folder.files].some(transcriptOf),
  read: async (folder, report) => {
    const file = fileNamed(folder, LABELS);
    if (!file) throw new DataError(`${folder.shown}: no Labels/${LABELS}; it holds the labels of all segments`);
    const videos = await readLabels(folder, file, report);
    const transcripts = await readTranscripts(folder, report);
    const places = [...folder.folders].filter((path) => RECORDINGS.some((known) => `/${path}`.endsWith(`/${known}`)));
    const missing = missingRecordings(folder, report);
    const samples: Sample[] = [];
    for (const [video, labels] of videos) {
      const leaveOut = (kind: 'not-mapped' | 'unmatched', what: string) =>
        report(problem(kind, file, undefined, `${shownFile(folder, file)}: ${what}: ${labels.size} left out`));
      const split = SPLIT_OF.get(video);
      const transcript = transcripts.get(video);
      if (!split) leaveOut('not-mapped', `segments of video ${quoted(video)}, which is in none of the standard folds`);
      else if (!transcript) leaveOut('unmatched', `segments without Transcript/Segmented/${video}.annotprocessed`);
      if (!split || !transcript?.turns) continue;
      for (const [segment, { line, sentiment }] of labels) {
        const turn = transcript.turns.get(segment);
        const place = `${shownFile(folder, file)}, line ${line}`;
        if (!turn) {
          const message = `${place}: segment ${segment} has no line in ${transcript.file}; left out`;
          report(problem('unmatched', file, line, message));
        }
        if (turn?.text === undefined || sentiment === undefined) continue;
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
          text: turn.text,
          sentiment,
          ...recording,
          origin: { file, line, sentiment: `${file}, line ${line}` },
        });
      }
    }
    reportUnlabelled(folder, transcripts, videos, report);
    missing.end();
    return samples;
  },
};

/** Reports each line of a transcript whose segment has no label, or the file once if none of its segments has. */
function reportUnlabelled(
  folder: CorpusFolder,
  transcripts: ReadonlyMap<string, Transcript>,
  videos: ReadonlyMap<string, Labels>,
  report: Report,
): void {
  for (const [video, { file, turns }] of transcripts) {
    const labels = videos.get(video);
    const shown = shownFile(folder, file);
    if (!labels) {
      report(problem('unmatched', file, undefined, `${shown}: no segment of this video has a label in ${LABELS}`));
      continue;
    }
    for (const [segment, { line }] of turns ?? []) {
      if (labels.has(segment)) continue;
      const message = `${shown}, line ${line}: segment ${segment} has no label in ${LABELS}`;
      report(problem('unmatched', file, line, message));
    }
  }
}
