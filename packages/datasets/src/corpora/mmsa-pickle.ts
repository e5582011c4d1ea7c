import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, quoted, reason, shownPath } from '@mmolre/files';
import { type CorpusFolder, shownFile } from '../corpus-folder';
import type { CorpusReader } from '../corpus-reader';
import { checkAnnotation } from '../formats/annotation';
import { type ArrayPart, numberReader } from '../formats/numpy-pickle';
import { attempt, type Report } from '../problem';
import { type Sample, SPLITS } from '../sample';
import { inWorker } from '../worker-jobs';
import type { MmsaPart } from './mmsa-pickle-file';

/** One modality of a sample: numbers [T, D] that are read when asked for. */
export type Feature = {
  shape: readonly [number, number];
  /** [T * D], row by row. What is no finite number is 0, as MMSA has it. */
  read(): Promise<Float32Array>;
};

/** A sample of a corpus that comes as features: no recording, but arrays. */
export type FeatureSample = Omit<Sample, 'recording' | 'video'> & {
  features: Partial<Record<'text' | 'textBert' | 'audio' | 'vision', Feature>>;
  /** Valid rows of the arrays, where modalities are not aligned. */
  audioLength?: number;
  visionLength?: number;
};

export type MmsaOptions = { deadlineSeconds?: number; shown?: string };

/** Throws each error, and lets warnings pass. */
const stopAtFirst: Report = ({ severity, message, kind }) => {
  if (severity === 'error') throw new DataError(message, { kind });
};

const NAMES = { text: 'text', text_bert: 'textBert', audio: 'audio', vision: 'vision' } as const;
const MAX_LABEL = 3;

/**
 * Reads a pickle of MMSA's features (`aligned_50.pkl`, `unaligned_50.pkl`; protocols 2 to 5) in a worker with a deadline. Nothing in the file
 * is run, and arrays stay in the file until a feature is read.
 *
 * @throws DataError at the first problem.
 */
export function readMmsaPickle(path: string, options: MmsaOptions = {}): Promise<FeatureSample[]> {
  return readFeatures(path, options.shown ?? shownPath(path), shownPath(path), stopAtFirst, options.deadlineSeconds);
}

/** A folder with pickles of MMSA's features. Of several only the first, by name, gives samples; all are checked. */
export const mmsaFeatures: CorpusReader = {
  recognises: (folder) => pickles(folder).length > 0,
  read: async (folder, report) => {
    const samples: Sample[][] = [];
    for (const file of pickles(folder)) {
      const read = () => readFeatures(join(folder.root, file), shownFile(folder, file), file, report);
      samples.push((await attempt(report, file, undefined, read)) ?? []);
    }
    return samples[0] ?? [];
  },
};

const pickles = ({ files }: CorpusFolder) => [...files].filter((file) => file.endsWith('.pkl')).sort();

async function readFeatures(
  path: string,
  shown: string,
  file: string,
  report: Report,
  seconds = 300,
): Promise<FeatureSample[]> {
  await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(`${shown}: ${reason(error)}`);
  });
  const parts = await inWorker('read-mmsa-pickle', { path, shown }, { seconds, subject: shown });
  const samples: FeatureSample[] = [];
  const places = new Map<string, string>();
  for (const part of parts) {
    for (let row = 0; row < part.ids.length; row++) {
      const sample = await attempt(report, file, undefined, () => toSample(part, row, path, shown, file, places));
      if (!sample) continue;
      checkAnnotation(part.annotations[row], sample, `${shown}, sample ${quoted(sample.id)}`, report);
      samples.push(sample);
    }
  }
  return samples;
}

function toSample(
  part: MmsaPart,
  row: number,
  path: string,
  shown: string,
  file: string,
  places: Map<string, string>,
): FeatureSample {
  const place = `${shown}, ${part.name}, row ${row}`;
  const [videoId, clipId, more] = part.ids[row]!.split('$_$');
  if (!videoId || !clipId || more !== undefined) {
    throw new DataError(`${place}: expected an id such as VIDEO$_$CLIP, found ${quoted(part.ids[row]!)}`, {
      kind: 'bad-row',
    });
  }
  const id = `${videoId}/${clipId}`;
  const before = places.get(id);
  if (before) throw new DataError(`${place}: ${quoted(id)} stands already in ${before}`, { kind: 'duplicate-id' });
  places.set(id, `${part.name}, row ${row}`);
  const sentiment = part.labels[row]!;
  if (!(Math.abs(sentiment) <= MAX_LABEL)) {
    throw new DataError(`${place}: expected a label from -3 to 3, found ${sentiment}`, { kind: 'label-range' });
  }
  const features: FeatureSample['features'] = {};
  for (const [key, array] of Object.entries(part.arrays))
    features[NAMES[key as keyof typeof NAMES]] = feature(array, row, path, shown);
  return {
    id,
    videoId,
    clipId,
    split: SPLITS.find((name) => name === part.name)!,
    text: part.texts[row]!,
    sentiment,
    features,
    ...(part.audioLengths.length > 0 && { audioLength: part.audioLengths[row]! }),
    ...(part.visionLengths.length > 0 && { visionLength: part.visionLengths[row]! }),
    origin: { file, sentiment: `${file}, ${part.name}, row ${row}` },
  };
}

function feature({ type, shape, offset, bytes }: ArrayPart, row: number, path: string, shown: string): Feature {
  const [, T, D] = shape as [number, number, number];
  const { size, read } = numberReader(type);
  const length = T * D * size;
  return {
    shape: [T, D],
    read: async () => {
      const part =
        offset < 0
          ? bytes.subarray(row * length, (row + 1) * length)
          : await readPart(path, shown, offset + row * length, length);
      const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
      return Float32Array.from({ length: T * D }, (_, i) => {
        const value = read(view, i * size);
        return Number.isFinite(value) ? value : 0;
      });
    },
  };
}

async function readPart(path: string, shown: string, offset: number, length: number): Promise<Uint8Array> {
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(`${shown}: ${reason(error)}`);
  });
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, offset);
    if (bytesRead < length) throw new DataError(`${shown}: the file became shorter since it was read`);
    return buffer;
  } finally {
    await handle.close();
  }
}
