import { evaluating, freeze } from '@mmolre/nn';
import { z } from 'zod';

import { CONFIG_FILE, checkWeights } from '../checkpoint/weight-files';
import { SAMPLE_RATE } from '../compact/log-mel';
import { besideCost, data2VecAudioCost, data2VecAudioSizes } from '../cost';
import { data2VecStates } from '../data2vec-audio/data2vec-audio';
import { data2VecAudioLayout, initData2VecAudio } from '../data2vec-audio/data2vec-audio-checkpoint';
import { readData2VecAudioConfig } from '../data2vec-audio/data2vec-audio-config';
import { createData2VecAudio } from '../data2vec-audio/data2vec-audio-encoder';
import type { Data2VecAudioParams } from '../data2vec-audio/data2vec-audio-params';
import { readData2VecAudio } from '../data2vec-audio/data2vec-audio-pretrained';
import type { Encoder } from '../encoder';
import { loraLayout, loraOptions, withLora } from '../lora/lora';
import { nameAt, requireJsonAt } from '../place';
import { countUpTo, frozen, lora, project, source } from './fields';
import {
  besideFrozen,
  checkBeside,
  checkFrozen,
  EXPECTED,
  findFrozen,
  frozenFiles,
  frozenWeights,
} from './frozen-weights';
import type { EncoderKind, OpenedEncoder, OpenOptions } from './kind';
import { checkWidth, initProjection, type Projected, projected, projectionCost, sizeOf } from './projection';

const schema = z.strictObject({
  kind: z.literal('data2vec-audio'),
  model: source,
  maxSeconds: z.number().positive().max(3600),
  freezeConvolutions: z.boolean().describe('whether the feature extractor stays as it was'),
  maskPositionalConvs: z
    .boolean()
    .default(false)
    .describe('whether padding changes nothing, unlike in the original model'),
  project,
  lora: lora('q_proj', 'v_proj'),
  frozen,
  averageFrames: countUpTo(16).default(1).describe('with frozen: successive frames (20 ms) of which the mean is kept'),
});
type Config = z.output<typeof schema>;

/**
 * Data2Vec-audio, fine-tuned: the paper's; its convolutional feature extractor trains only if it is not frozen. All of it is part of a
 * run's weights, the frozen 17 MB of a base-size extractor too, so that the run needs no other file.
 */
export const data2vecAudio: EncoderKind<Float32Array, typeof schema> = {
  schema,
  preset: () => ({
    kind: 'data2vec-audio',
    model: 'hf:facebook/data2vec-audio-base',
    maxSeconds: 6,
    freezeConvolutions: true,
    maskPositionalConvs: false,
    project: true,
    lora: null,
    frozen: null,
    averageFrames: 1,
  }),
  cost(config, dModel, seconds, json) {
    const given = json && readData2VecAudioConfig(json, `${config.model}/${CONFIG_FILE}`);
    const size = sizeOf(config, dModel, data2VecAudioSizes, given);
    const { length: frames, components } = data2VecAudioCost(size, Math.min(seconds, config.maxSeconds));
    const length = config.frozen ? Math.ceil(frames / config.averageFrames) : frames;
    const beside = besideCost(config, data2VecAudioLayout(size), size, length);
    return { length, components: [...components, ...projectionCost(size.dModel, dModel, length), ...beside] };
  },
  open: (config, dModel, options) =>
    config.lora || config.frozen ? openBeside(config, dModel, options) : openWhole(config, dModel, options),
};

async function openWhole(
  config: Config,
  dModel: number,
  { find, kept, log, frames }: OpenOptions,
): Promise<OpenedEncoder<Float32Array>> {
  const place = kept ?? (await find(config.model, log));
  const json = await requireJsonAt(place, CONFIG_FILE, EXPECTED);
  const size = readData2VecAudioConfig(json, nameAt(place, CONFIG_FILE));
  checkWidth('audio', config, size.dModel, dModel);
  if (!kept) await checkWeights(place);
  const { maxSeconds, freezeConvolutions, maskPositionalConvs } = config;
  return {
    async init(rng) {
      const params = kept ? initData2VecAudio(size, rng) : (await readData2VecAudio(place)).params;
      const { masked_spec_embed: masked, ...encoder } = params;
      const isNeeded = !data2VecAudioLayout(size).optional.includes('masked_spec_embed');
      if (!isNeeded) masked?.dispose();
      return {
        ...(masked && isNeeded && { masked_spec_embed: masked }),
        ...encoder,
        ...initProjection(size.dModel, dModel, rng),
      };
    },
    over(params) {
      const tree = params as Data2VecAudioParams & Projected;
      if (freezeConvolutions) freeze(tree.feature_extractor);
      const encoder = createData2VecAudio(size, tree, {
        maxSeconds,
        maskPositionalConvs,
        trainFeatures: !freezeConvolutions,
        ...(freezeConvolutions && frames && { cache: frames }),
      });
      return projected<Float32Array>(encoder, dModel, tree);
    },
    files: new Map([[CONFIG_FILE, JSON.stringify(json, null, 2)]]),
  };
}

async function openBeside(config: Config, dModel: number, options: OpenOptions): Promise<OpenedEncoder<Float32Array>> {
  checkBeside('audio', config);
  const place = await findFrozen('audio', config.model, options);
  const json = await requireJsonAt(place, CONFIG_FILE, EXPECTED);
  const size = readData2VecAudioConfig(json, nameAt(place, CONFIG_FILE));
  checkWidth('audio', config, size.dModel, dModel);
  await checkWeights(place);
  const layout = data2VecAudioLayout(size);
  if (config.lora) loraLayout(layout, config.lora); // its targets are there
  const { sha256, params } = await frozenWeights(place, async () => (await readData2VecAudio(place)).params);
  await checkFrozen(place, sha256, options.kept);
  const { lora, maxSeconds, maskPositionalConvs, averageFrames } = config;
  const frozen = createData2VecAudio(size, params, { maxSeconds });
  return {
    ...besideFrozen<Float32Array>(dModel, {
      lora,
      layout,
      adapted: (adapters) =>
        createData2VecAudio({ ...size, lora: loraOptions(lora!) }, withLora(params, adapters), {
          maxSeconds,
          maskPositionalConvs,
          ...(options.frames && { cache: options.frames }),
        }) as Encoder<Float32Array>,
      layers: {
        dModel: size.dModel,
        numLayers: size.numLayers,
        identity: sha256,
        keyOf: (clip) => clip.subarray(0, Math.round(maxSeconds * SAMPLE_RATE)),
        statesOf(clip) {
          const { frames, mask } = frozen.prepare([clip]);
          return data2VecStates(params, frames, mask, size, { maskPositionalConvs }, evaluating);
        },
        average: averageFrames,
        cache: options.frames,
      },
    }),
    files: frozenFiles(config.model, sha256),
  };
}
