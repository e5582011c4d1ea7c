import { z } from 'zod';
import { readBertConfig } from '../bert/bert-config';
import { createFrozenText } from '../bert/frozen-text';
import { readPretrainedText } from '../bert/pretrained-text';
import { CONFIG_FILE, checkWeights } from '../checkpoint/weight-files';
import type { Encoder } from '../encoder';
import { nameAt, type Place, requireJsonAt } from '../place';
import { checkFrozen, EXPECTED, findFrozen, frozenFiles, hashOf } from './frozen-weights';
import type { EncoderKind, OpenOptions } from './kind';
import {
  checkTokens,
  miniLmSizes,
  type PretrainedTextConfig,
  pretrainedText,
  pretrainedTextCost,
} from './pretrained-text';
import { checkWidth, initProjection, type Projected, projected } from './projection';

const schema = z.strictObject({ kind: z.literal('minilm'), ...pretrainedText });

/**
 * all-MiniLM-L6-v2, which never trains: each text's hidden states are computed once. Its weights are not part of a run, which would grow by
 * 91 MB that everybody can fetch; the run keeps their hash, and refuses others.
 */
export const minilm: EncoderKind<string, typeof schema> = {
  schema,
  preset: () => ({ kind: 'minilm', model: 'pip:minilm', maxTokens: 64, rules: 'none', project: true }),
  cost: (config, dModel, tokens, size) => pretrainedTextCost(config, dModel, tokens, miniLmSizes, size),
  async open(config, dModel, options) {
    const place = await findFrozen('text', config.model, options);
    const size = readBertConfig(await requireJsonAt(place, CONFIG_FILE, EXPECTED), nameAt(place, CONFIG_FILE));
    checkWidth('text', config, size.dModel, dModel);
    checkTokens(size, config.maxTokens);
    await checkWeights(place);
    const { sha256, encoder } = await shared(place, config, options);
    await checkFrozen(place, sha256, options.kept);
    return {
      init: (rng) => initProjection(size.dModel, dModel, rng),
      over: (params) => projected(encoder, dModel, params as Projected),
      files: frozenFiles(config.model, sha256),
    };
  },
};

type Shared = { sha256: string; encoder: Encoder<string> };
const NO_CACHE = {};
const loaded = new WeakMap<object, Map<string, Promise<Shared>>>();

/** One copy of the frozen weights a process, and of what they made of each text, for every model that reads them. */
function shared(place: Place, { maxTokens, rules }: PretrainedTextConfig, { frames }: OpenOptions): Promise<Shared> {
  const known = loaded.get(frames ?? NO_CACHE) ?? new Map<string, Promise<Shared>>();
  loaded.set(frames ?? NO_CACHE, known);
  const key = JSON.stringify([place.name, maxTokens, rules]);
  const found = known.get(key) ?? load();
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;

  async function load(): Promise<Shared> {
    const sha256 = await hashOf(place);
    const model = await readPretrainedText(place);
    const encoder = createFrozenText(model, { maxTokens, rules, ...(frames && { cache: frames }) });
    return { sha256, encoder: encoder as Encoder<string> };
  }
}
