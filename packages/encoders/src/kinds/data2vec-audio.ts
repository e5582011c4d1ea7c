import { freeze } from '@mmolre/nn';
import { z } from 'zod';

import { CONFIG_FILE, checkWeights } from '../checkpoint/weight-files';
import { data2VecAudioCost, data2VecAudioSizes } from '../cost';
import { data2VecAudioLayout, initData2VecAudio } from '../data2vec-audio/data2vec-audio-checkpoint';
import { readData2VecAudioConfig } from '../data2vec-audio/data2vec-audio-config';
import { createData2VecAudio } from '../data2vec-audio/data2vec-audio-encoder';
import type { Data2VecAudioParams } from '../data2vec-audio/data2vec-audio-params';
import { readData2VecAudio } from '../data2vec-audio/data2vec-audio-pretrained';
import { nameAt, requireJsonAt } from '../place';
import { project, source } from './fields';
import type { EncoderKind } from './kind';
import { EXPECTED } from './pretrained-text';
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
});

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
  }),
  cost(config, dModel, seconds, json) {
    const given = json && readData2VecAudioConfig(json, `${config.model}/${CONFIG_FILE}`);
    const size = sizeOf(config, dModel, data2VecAudioSizes, given);
    const { length, components } = data2VecAudioCost(size, Math.min(seconds, config.maxSeconds));
    return { length, components: [...components, ...projectionCost(size.dModel, dModel, length)] };
  },
  async open(config, dModel, { find, kept, log, frames }) {
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
  },
};
