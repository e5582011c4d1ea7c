import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { type Corpus, readCorpus } from '../corpora';
import { relativeFile } from '../corpus-folder';
import { DataError, quoted, shownPath } from '../data-error';
import type { Sample } from '../label-row';
import { readAudio } from '../read-audio';
import { eachOf } from '../validate/each-of';
import { identifyCorpus } from '../validate/identify';
import { type CorpusName, KNOWN_BAD } from '../validate/published';
import { extractAudio, findFfmpeg } from './ffmpeg';
import { labelCsv, type Skip, skipCsv } from './label-csv';
import { outputNames } from './output-names';
import { hasProgress, openProgress, type Prepared } from './progress-file';
import { wavFile } from './wav-file';

export type PrepareOptions = {
  /** Where the prepared folder is made; `<folder>-prepared` if left out. */
  out?: string;
  /** What the data set is taken for; found out if left out. */
  corpus?: CorpusName;
  /** Longer recordings are skipped; 600 if left out. */
  maxSeconds?: number;
  /** Stops after the recordings at hand; the same call goes on from there. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
  /** Hears one line where something is needed that is not there. */
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
};

export const SAMPLE_RATE = 16_000;
const AT_ONCE = 4;

/**
 * Makes of a data set in any layout a folder with `label.csv`, recordings as 16 kHz mono wav, `manifest.json` with the SHA-256 of each source
 * and recording, and `skipped.csv`, which names everything that was left out and why. Audio is extracted from video where ffmpeg is there.
 *
 * @throws DataError if the folder is no data set, or `out` holds something else.
 */
export async function prepareFolder(path: string, options: PrepareOptions = {}): Promise<PrepareResult> {
  const { maxSeconds = 600, signal, onProgress, log } = options;
  const corpus = await readCorpus(path);
  const out = resolve(options.out ?? `${resolve(path)}-prepared`);
  await openOutput(out, corpus);
  const skipped = new Map<Sample | string, Skip>();
  for (const { severity, file, line, message } of corpus.problems) {
    if (severity === 'error') skipped.set(message, { id: '', file, line, reason: message });
  }
  const skip = (sample: Sample, reason: string) =>
    skipped.set(sample, { id: sample.id, file: sample.origin?.file ?? '', line: sample.origin?.line, reason });

  const users = sourcesOf(corpus, options.corpus ?? identifyCorpus(corpus), skip);
  const sources = [...users.keys()].map((source) => relativeFile(corpus.folder, source));
  const names = outputNames(sources);
  const progress = openProgress(out);
  const videos = [...users.values()].filter(([sample]) => !sample!.audio).length;
  const ffmpeg = videos > 0 ? await findFfmpeg() : undefined;
  if (videos > 0 && !ffmpeg) {
    log?.(
      `ffmpeg is not on the path: the audio of ${videos} videos is skipped; install ffmpeg and run this again to add it`,
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
        const bytes = await toWav(path, join(out, audio), samples[0]!, ffmpeg, maxSeconds);
        const sourceSha256 = await hashFile(path);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const entry = { source, sourceBytes: info.size, sourceSha256, audio, sha256, samples: (bytes.length - 44) / 2 };
        await writeWhole(join(out, audio), bytes);
        progress.add(entry, info.mtimeMs, bytes.length);
        prepared.set(path, entry);
        made += 1;
      }
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      for (const sample of samples)
        skip(
          sample,
          error.message.replace(corpus.folder.root, () => corpus.folder.shown),
        );
    }
    onProgress?.(++done, users.size);
  });
  const result = { out, finished, made, reused: prepared.size - made, samples: 0, skipped: [...skipped.values()] };
  if (!finished) return result;
  const kept = corpus.samples.filter((sample) => !skipped.has(sample));
  const recording = (sample: Sample) => prepared.get(sample.audio ?? sample.video ?? '')?.audio;
  await writeWhole(join(out, 'label.csv'), labelCsv(kept, recording));
  await writeWhole(join(out, 'skipped.csv'), skipCsv(result.skipped));
  const files = [...users.keys()].flatMap((source) => prepared.get(source) ?? []);
  const manifest = {
    layout: corpus.layout,
    sampleRate: SAMPLE_RATE,
    samples: kept.length,
    skipped: result.skipped.length,
    files,
  };
  await writeWhole(join(out, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  return { ...result, samples: kept.length };
}

/** Each recording and the samples that use it. Samples without one are skipped, unless the whole data set is text. */
function sourcesOf({ samples }: Corpus, name: CorpusName | undefined, skip: (sample: Sample, reason: string) => void) {
  const users = new Map<string, Sample[]>();
  const isText = samples.every(({ audio, video }) => !audio && !video);
  for (const sample of samples) {
    const source = sample.audio ?? sample.video;
    const bad = name && KNOWN_BAD[name]?.get(sample.id);
    if (bad) skip(sample, bad);
    else if (source)
      users
        .set(source, users.get(source) ?? [])
        .get(source)!
        .push(sample);
    else if (!isText) skip(sample, 'no recording');
  }
  return users;
}

async function toWav(
  path: string,
  target: string,
  sample: Sample,
  ffmpeg: string | undefined,
  maxSeconds: number,
): Promise<Uint8Array> {
  if (path === sample.audio)
    return wavFile(await readAudio(path, { maxSeconds, sampleRate: SAMPLE_RATE }), SAMPLE_RATE);
  if (!ffmpeg) throw new DataError(`${shownPath(path)}: a video, and ffmpeg is not there to extract its audio`);
  const extracted = `${target}.extracted`;
  await mkdir(dirname(target), { recursive: true });
  try {
    await extractAudio(ffmpeg, path, extracted, maxSeconds);
    const samples = await readAudio(extracted, { maxSeconds, sampleRate: SAMPLE_RATE }).catch((error: Error) => {
      throw error instanceof DataError ? new DataError(error.message.replace(extracted, () => shownPath(path))) : error;
    });
    return wavFile(samples, SAMPLE_RATE);
  } finally {
    await rm(extracted, { force: true });
  }
}

async function openOutput(out: string, { folder }: Corpus): Promise<void> {
  const way = relative(folder.root, out);
  if (way === '' || !(way === '..' || way.startsWith(`..${sep}`))) {
    throw new DataError(`${shownPath(out)}: the prepared folder must lie outside the data set's own folder`);
  }
  const there = await readdir(out).catch(() => []);
  if (there.length > 0 && !hasProgress(out)) {
    throw new DataError(`${shownPath(out)}: holds something else already (${quoted(there[0]!)}); name an empty folder`);
  }
  await mkdir(out, { recursive: true });
}

/** Writes beside the file first, so that a file that is there is whole. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest('hex');
}
