import { freeze, type Params, trainable } from '@mmolre/nn';
import type { CheckpointLayout } from '../checkpoint/checkpoint';
import { CONFIG_FILE, INPUT_FILE, WEIGHTS_FILE, weightFilesAt } from '../checkpoint/weight-files';
import type { Encoder } from '../encoder';
import {
  createWeightedLayers,
  type FrozenLayers,
  initWeightedLayers,
  type WeightedLayersParams,
} from '../layers/weighted-layers';
import { initLora, type LoraConfig } from '../lora/lora';
import { type Place, requireJsonAt } from '../place';
import type { OpenedEncoder, OpenOptions } from './kind';
import { initProjection, type Projected, projected, withoutProjection } from './projection';

// Weights that never train are no part of a run, which would grow by what everybody can fetch: it keeps their hash, and refuses others.

/** The file that says which weights a run was trained on. */
const FROZEN_FILE = 'frozen.json';

/** What is expected where the config.json of an encoder should be. */
export const EXPECTED = 'the config.json of a Hugging Face model, or what a run keeps of it';

/** Where frozen weights are, in or after training. @throws One line that says which run needs them and how to name another copy. */
export async function findFrozen(
  modality: 'text' | 'audio',
  model: string,
  { find, kept, log }: OpenOptions,
): Promise<Place> {
  try {
    return await find(model, log);
  } catch (error) {
    if (!kept) throw error;
    throw new Error(
      `${runOf(kept)}: its ${modality} encoder is frozen, so its weights are not in the run but where they were: ` +
        `${(error as Error).message}; or name another copy as model.${modality}.model in ${runOf(kept)}/config.json`,
    );
  }
}

/** How messages call the run that kept something. */
const runOf = ({ name }: Place) => name.replace(/\/[^/]*$/, '');

/** What decides what a frozen model computes: its configuration, tokenizer and weights, as files; those that are not there among them. */
export async function frozenModelFiles(place: Place): Promise<string[]> {
  const weights = (await place.has(WEIGHTS_FILE)) ? [WEIGHTS_FILE] : await weightFilesAt(place);
  return [CONFIG_FILE, 'merges.txt', ...weights, INPUT_FILE, 'tokenizer.json', 'vocab.json', 'vocab.txt'];
}

/** SHA-256 of them. */
export const hashOf = async (place: Place): Promise<string> => place.hash(await frozenModelFiles(place));

/** @throws If a run was trained on other weights. */
export async function checkFrozen(place: Place, sha256: string, kept: Place | undefined): Promise<void> {
  const known = kept && (await requireJsonAt(kept, FROZEN_FILE, EXPECTED));
  if (!known || known.sha256 === sha256) return;
  throw new Error(
    `${place.name}: not the weights that ${runOf(kept)} was trained with (SHA-256 ${known.sha256}, found ${sha256})`,
  );
}

/** What a run keeps of them. */
export const frozenFiles = (model: string, sha256: string): ReadonlyMap<string, string> =>
  new Map([[FROZEN_FILE, `${JSON.stringify({ model, sha256 }, null, 2)}\n`]]);

type Base = { sha256: string; params: Params };
const loaded = new Map<string, Promise<Base>>();

/** The weights at a place, frozen: one copy a process, for every model that reads them. */
export function frozenWeights<P extends Params>(
  place: Place,
  read: () => Promise<P>,
): Promise<{ sha256: string; params: P }> {
  const load = async () => ({ sha256: await hashOf(place), params: freeze(trainable(await read())) });
  const found = loaded.get(place.name) ?? load();
  loaded.set(place.name, found);
  found.catch(() => loaded.delete(place.name));
  return found as Promise<{ sha256: string; params: P }>;
}

/** What trains beside frozen weights: adapters, or the scalars that weight the hidden states; and the layer to another width. */
export function besideFrozen<Item>(
  dModel: number,
  {
    lora,
    layout,
    adapted,
    layers,
  }: {
    lora: LoraConfig | null;
    layout: CheckpointLayout;
    /** The encoder with these adapters. */ adapted: (adapters: Params) => Encoder<Item>;
    layers: FrozenLayers<Item>;
  },
): Pick<OpenedEncoder<Item>, 'init' | 'over'> {
  const { dModel: width, numLayers } = layers;
  return {
    init: (rng) => ({
      ...((lora ? initLora(layout, lora, rng) : initWeightedLayers(numLayers)) as object),
      ...initProjection(width, dModel, rng),
    }),
    over(params) {
      const own = withoutProjection(params);
      const encoder = lora
        ? adapted(own)
        : (createWeightedLayers(own as WeightedLayersParams, layers) as Encoder<Item>);
      return projected(encoder, dModel, params as Projected);
    },
  };
}

/** @throws If a configuration asks for both, or for what does not go with either. */
export function checkBeside(
  modality: 'text' | 'audio',
  config: { lora: LoraConfig | null; frozen: 'layers' | null; freezeConvolutions?: boolean },
): void {
  if (config.lora && config.frozen)
    throw new Error(
      `model.${modality}: expected lora or frozen, as frozen trains nothing within the encoder, found both`,
    );
  if (config.freezeConvolutions === false)
    throw new Error(
      `model.${modality}.freezeConvolutions: expected true with ${config.lora ? 'lora' : 'frozen'}, found false`,
    );
}
