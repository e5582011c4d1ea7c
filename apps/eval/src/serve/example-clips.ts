import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { EMOTIONS, readDataset, type Sample, samplesOf } from '@mmolre/datasets';
import { LIMITS } from './limits';

/** A recording that anybody may try. */
export type ExampleClip = { label: string; type: string; read: () => Promise<Uint8Array> };

const COUNT = 3;
const TYPES: Record<string, string> = {
  '.wav': 'audio/wav',
  '.flac': 'audio/flac',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.opus': 'audio/ogg',
};

/** Recordings of the test split of a data set, each labelled with an emotion of its own. None where the data is not there any more. */
export async function exampleClips(folder: string, log: (line: string) => void): Promise<ExampleClip[]> {
  const dataset = await readDataset(folder).catch((error: Error) => {
    log(`no recordings to try: ${error.message}`);
    return undefined;
  });
  const samples = dataset ? samplesOf(dataset, 'test') : [];
  const clips: ExampleClip[] = [];
  for (const emotion of EMOTIONS) {
    const sample = samples.find((one) => emotionOf(one) === emotion && TYPES[typeOf(one)]);
    if (!sample || (await stat(sample.recording!)).size > LIMITS.bodyBytes / 2) continue;
    const read = () => readFile(sample.recording!);
    clips.push({ label: `a voice labelled ${emotion}`, type: TYPES[typeOf(sample)]!, read });
    if (clips.length === COUNT) break;
  }
  return clips;
}

const typeOf = ({ recording }: Sample) => extname(recording ?? '').toLowerCase();

/** The one emotion of a sample. */
const emotionOf = ({ emotions = [] }: Sample) =>
  emotions.filter((present) => present).length === 1 ? EMOTIONS[emotions.indexOf(1)] : undefined;
