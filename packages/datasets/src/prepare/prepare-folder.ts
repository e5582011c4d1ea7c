import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DataError, sha256Of, sha256OfFile, shownPath, writeFileSafely } from '@mmolre/files';
import { type FolderOptions, relativeFile, shownFile } from '../corpus-folder';
import { findVideoProgram } from '../formats/video-programs';
import { countLost, type Loss } from '../problem';
import { type Corpus, readCorpus } from '../read-corpus';
import type { Sample } from '../sample';
import { eachOf } from '../validate/each-of';
import { identifyCorpus } from '../validate/identify';
import { type CorpusName, KNOWN_BAD } from '../validate/published';
import { labelCsv, type Skip, skipCsv } from './label-csv';
import { openOutput } from './output-folder';
import { outputNames } from './output-names';
import { openProgress, type Prepared } from './progress-file';
import { type Remark, remarkCsv, remarkLines } from './remarks';
import { SAMPLE_RATE, wavOfRecording, wavOfVideo } from './source-audio';

export type PrepareOptions = FolderOptions & {
  /** Where the prepared folder is made; `<folder>-prepared` if left out. */
  out?: string;
  /** What the data set is taken for; found out if left out. */
  corpus?: CorpusName;
  /** Longer recordings are skipped; 600 if left out. */
  maxSeconds?: number;
  /** Stops after the recordings at hand; the same call goes on from there. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
  /** Hears a line where something is needed that is not there, and one for each kind of remark. */
  log?: (line: string) => void;
};

export type PrepareResult = {
  out: string;
  /** False if it was stopped. */
  finished: boolean;
  /** Recordings made now, and those that an earlier run had made. */
  made: number;
  reused: number;
  samples: number;
  /** What is not in the prepared folder, and why. */
  skipped: Skip[];
  /** What is in it and is worth a look: recordings that are silent, very short, clipped or off centre. */
  remarks: Remark[];
  /** How much of it is lost: what could not be read, without clips that are known to be bad. */
  loss: Loss;
};

const AT_ONCE = 4;

/**
 * Makes of a data set in any layout a folder with `label.csv`, recordings as 16 kHz mono wav, `manifest.json` with the SHA-256 of each source
 * and recording, `skipped.csv`, which names everything that was left out and why, and `remarks.csv`, which names what is worth a look. Sound is
 * taken out of videos, and of audio in other forms, where ffmpeg is there.
 *
 * @throws DataError if the folder is no data set, or `out` holds something else.
 */
export async function prepareFolder(path: string, options: PrepareOptions = {}): Promise<PrepareResult> {
  const { maxSeconds = 600, signal, onProgress, log } = options;
  const corpus = await readCorpus(path, options);
  const out = resolve(options.out ?? `${resolve(path)}-prepared`);
  await openOutput(out, corpus.folder);
  const skipped = new Map<Sample | string, Skip>();
  const skip = (sample: Sample, reason: string) =>
    skipped.set(sample, { id: sample.id, file: sample.origin?.file ?? '', line: sample.origin?.line, reason });
  skipProblems(corpus, skip, (row) => skipped.set(row.reason, row));

  const name = options.corpus ?? identifyCorpus(corpus);
  const users = sourcesOf(corpus, name, skip);
  const sources = [...users.keys()].map((source) => relativeFile(corpus.folder, source));
  const names = outputNames(sources);
  const progress = openProgress(out);
  const videos = [...users].filter(([path, [sample]]) => path === sample!.video).length;
  const ffmpeg = videos > 0 ? await findVideoProgram('ffmpeg') : undefined;
  if (videos > 0 && !ffmpeg) {
    log?.(
      `ffmpeg is not on the path: the sound of ${videos} videos, or files like them, is skipped; install ffmpeg and run this again to add it`,
    );
  }
  const prepared = new Map<string, Prepared>();
  let [made, done] = [0, 0];
  const finished = await eachOf([...users], AT_ONCE, signal, async ([path, samples]) => {
    const source = relativeFile(corpus.folder, path);
    const audio = names.get(source)!;
    try {
      const info = await stat(path);
      const known = progress.find(source, info, audio);
      if (known) prepared.set(path, known);
      else {
        const target = join(out, audio);
        const isVideo = path === samples[0]!.video;
        const { wav, remark } = await (isVideo
          ? wavOfVideo(path, target, ffmpeg, maxSeconds)
          : wavOfRecording(path, maxSeconds));
        const entry: Prepared = {
          source,
          sourceBytes: info.size,
          sourceSha256: await sha256OfFile(path),
          audio,
          sha256: sha256Of([wav]),
          samples: (wav.length - 44) / 2,
          ...(remark && { remark }),
        };
        await writeFileSafely(target, wav);
        progress.add(entry, info.mtimeMs, wav.length);
        prepared.set(path, entry);
        made += 1;
      }
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      for (const sample of samples)
        skip(
          sample,
          error.message.replace(shownPath(path), () => shownFile(corpus.folder, source)),
        );
    }
    onProgress?.(++done, users.size);
  });
  const result = {
    out,
    finished,
    made,
    reused: prepared.size - made,
    samples: 0,
    skipped: inOrder([...skipped.values()]),
    remarks: remarksOn(corpus, users, prepared),
    loss: { lost: 0, of: corpus.samples.length },
  };
  if (!finished) return result;
  const kept = corpus.samples.filter((sample) => !skipped.has(sample));
  const audio = (sample: Sample) => prepared.get(sample.recording ?? sample.video ?? '')?.audio;
  await writeFileSafely(join(out, 'label.csv'), labelCsv(kept, audio));
  await writeFileSafely(join(out, 'skipped.csv'), skipCsv(result.skipped));
  await writeFileSafely(join(out, 'remarks.csv'), remarkCsv(result.remarks));
  for (const line of remarkLines(result.remarks)) log?.(line);
  const files = [...users.keys()].flatMap((source) => prepared.get(source) ?? []);
  const manifest = {
    layout: corpus.layout,
    sampleRate: SAMPLE_RATE,
    samples: kept.length,
    skipped: result.skipped.length,
    remarks: result.remarks.length,
    files,
  };
  await writeFileSafely(join(out, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  const { lost, of } = countLost(corpus.samples, corpus.problems, false);
  const silent = corpus.samples.filter(
    (sample) => skipped.has(sample) && !(name && KNOWN_BAD[name]?.has(sample.id)),
  ).length;
  return { ...result, samples: kept.length, loss: { lost: lost + silent, of } };
}

/** Of each recording once, at the first sample that uses it. */
function remarksOn({ folder }: Corpus, users: Map<string, Sample[]>, prepared: Map<string, Prepared>): Remark[] {
  const remarks = [...users].flatMap(([path, [sample]]) => {
    const { source, remark } = prepared.get(path) ?? {};
    if (!source || !remark) return [];
    const { file = '', line } = sample!.origin ?? {};
    return {
      id: sample!.id,
      file,
      line,
      kind: remark.kind,
      message: `${shownFile(folder, source)}: ${remark.message}`,
    };
  });
  return inOrder(remarks);
}

/** By file and line: recordings end in any order. */
const inOrder = <Row extends Omit<Skip, 'reason'>>(rows: Row[]): Row[] =>
  rows.sort((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : (a.line ?? 0) - (b.line ?? 0) || (a.id < b.id ? -1 : 1),
  );

/** Skips what the reader left out, and samples whose recording is not there. A sample that is meant to have none is kept. */
function skipProblems(
  { samples, problems }: Corpus,
  skip: (sample: Sample, reason: string) => void,
  skipRow: (row: Skip) => void,
) {
  const silent = new Map<string, Sample>();
  for (const sample of samples) {
    if (!sample.recording && !sample.video) silent.set(`${sample.origin?.file}:${sample.origin?.line}`, sample);
  }
  for (const { severity, kind, file, line, message } of problems) {
    const sample = silent.get(`${file}:${line}`);
    if (sample && (severity === 'error' || kind === 'no-audio')) skip(sample, message);
    else if (severity === 'error') skipRow({ id: '', file, line, reason: message });
  }
}

/** Each recording and the samples that use it, without clips that are known to be bad. */
function sourcesOf({ samples }: Corpus, name: CorpusName | undefined, skip: (sample: Sample, reason: string) => void) {
  const users = new Map<string, Sample[]>();
  const spoken = samples.some(({ recording, video }) => recording || video);
  for (const sample of samples) {
    const source = sample.recording ?? sample.video;
    const bad = spoken && name ? KNOWN_BAD[name]?.get(sample.id) : undefined;
    if (bad) skip(sample, bad);
    else if (source)
      users
        .set(source, users.get(source) ?? [])
        .get(source)!
        .push(sample);
  }
  return users;
}
