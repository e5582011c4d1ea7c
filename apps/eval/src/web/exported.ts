import { memoryPlace } from '@mmolre/encoders';
import { loadModel, MODALITIES, modelConfigSchema } from '@mmolre/model';
import type { Answering, Explanation } from '@mmolre/training/explanations';
import type { About } from '../serve/protocol';
import { fromEightBits } from './eight-bits';

/** The file beside the weights that says what they are. */
export const FACTS_FILE = 'model.json';

/** The content of that file. */
export type ExportedFacts = {
  about: About;
  /** The configuration of the model. */ model: Record<string, unknown>;
  config: Answering['config'];
  /** One an emotion; null where emotions are not predicted. */ thresholds: number[] | null;
  /** Below the folder `model`, and how long each is. */ files: { name: string; bytes: number }[];
  /** What the model says of `PROBE` where it was exported. */ probe: Explanation;
};

/** What any backend has to answer as the export did, before it is used. */
export const PROBE = {
  text: 'What a day this was!',
  audio: Float32Array.from({ length: 16_000 }, (_, i) => 0.3 * Math.sin(i / (10 + i / 4000))),
};

/** Files of weights are in eight bits. */
export const isWeights = (name: string): boolean => name.endsWith('.safetensors');

/**
 * The model of an export, from its files: those of a checkpoint, and below `frozen/text` and `frozen/audio` encoders that are no part of one.
 *
 * @throws One line: what is missing or does not fit.
 */
export async function openExported(facts: ExportedFacts, files: ReadonlyMap<string, Uint8Array>): Promise<Answering> {
  const wide = new Map([...files].map(([name, bytes]) => [name, isWeights(name) ? fromEightBits(bytes, name) : bytes]));
  const place = memoryPlace('model', wide);
  const config = modelConfigSchema.parse(facts.model);
  const model = await loadModel(config, place, {
    async find(source) {
      const modality = MODALITIES.find((name) => 'model' in config[name] && config[name].model === source)!;
      const kept = JSON.parse(new TextDecoder().decode(files.get(`${modality}/frozen.json`)));
      // The hash is of the weights as they were, before eight bits.
      return { ...place.below(`frozen/${modality}`), hash: async () => kept.sha256 };
    },
  });
  return { model, config: facts.config, thresholds: facts.thresholds ?? undefined };
}

/** By how much two answers differ at most, in sentiment and in any emotion's probability; also of either modality alone. */
export function distance(a: Explanation, b: Explanation): number {
  const numbers = ({ sentiment = 0, emotions = {} as never, alone }: Partial<Explanation>): number[] => [
    sentiment,
    ...Object.values<number>(emotions),
    ...Object.values(alone ?? {}).flatMap((one) => numbers(one)),
  ];
  const [left, right] = [numbers(a), numbers(b)];
  return Math.max(...left.map((value, i) => Math.abs(value - (right[i] ?? Number.NaN))));
}
