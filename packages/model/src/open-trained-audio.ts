import { join } from 'node:path';
import {
  createData2VecAudio,
  type Data2VecAudioParams,
  data2VecAudioLayout,
  initData2VecAudio,
  loadData2VecAudio,
  readData2VecAudioConfig,
} from '@mmolre/encoders';
import { freeze } from '@mmolre/nn';
import type { AudioConfig, ConfigOf } from './encoder-config';
import { CONFIG_FILE, checkWeights, findPretrained, readJsonFile } from './encoder-folder';
import { type AudioEncoder, cacheOptions, type OpenedEncoder, type OpenOptions } from './opened-encoder';
import { checkWidth, initProjection, type Projected, project } from './projection';

type Config = ConfigOf<AudioConfig, 'data2vec-audio'>;

/**
 * Data2Vec-audio that trains with the model, its convolutional feature extractor only if that is not frozen. All of it is part of a run's
 * weights, the frozen 17 MB of a base-size extractor too, so that the run needs no other file.
 *
 * @throws One line: it cannot be found or read, or is of another width than the model.
 */
export async function openTrainedAudio(
  config: Config,
  dModel: number,
  options: OpenOptions,
): Promise<OpenedEncoder<AudioEncoder>> {
  const { kept } = options;
  const folder = kept ?? (await findPretrained(config.model, options));
  const json = await readJsonFile(join(folder, CONFIG_FILE));
  const size = readData2VecAudioConfig(json, join(folder, CONFIG_FILE));
  checkWidth('audio', config.model, size.dModel, dModel, config.project);
  if (kept === undefined) await checkWeights(folder, data2VecAudioLayout(size));
  const { maxSeconds, freezeConvolutions, maskPositionalConvs } = config;
  return {
    async init(rng) {
      const params = kept === undefined ? (await loadData2VecAudio(folder)).params : initData2VecAudio(size, rng);
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
        ...(freezeConvolutions && cacheOptions(options)),
      });
      return project<AudioEncoder>(encoder, dModel, tree);
    },
    files: new Map([[CONFIG_FILE, JSON.stringify(json, null, 2)]]),
  };
}
