import {
  createData2VecAudio,
  type Encoder,
  type FrameCache,
  initBert,
  initData2VecAudio,
  padTokens,
  readBertConfig,
  readData2VecAudioConfig,
  roberta,
  type TextInput,
} from '@mmolre/encoders';
import { type Encoders, initMmolre, type MmolreParams, type ModelConfig, paperModel } from '@mmolre/model';
import { mapLeaves, type Params, type Rng } from '@mmolre/nn';
import { seededWeight } from './seeded';

/** The whole model: its configuration, and its encoders' `config.json`. */
export type WholeModel = { model: ModelConfig; text: Record<string, unknown>; audio: Record<string, unknown> };

/** The paper's for MOSEI. No layer is dropped at random, so that both sides run every one. */
export const paper: WholeModel = {
  model: paperModel(128, 8),
  text: { model_type: 'roberta', max_position_embeddings: 514, type_vocab_size: 1, layer_norm_eps: 1e-5 },
  audio: { model_type: 'data2vec-audio', layerdrop: 0 },
};

export const PAD_ID = 1;

/** Its parameters with seeded values, and its encoders over them; a text is its tokens' ids. What the frozen convolutions give may be kept. */
export function seededModel(
  { model, text, audio }: WholeModel,
  prepared: (params: MmolreParams) => MmolreParams,
  cache?: FrameCache,
): { params: MmolreParams; encoders: Encoders } {
  const textConfig = readBertConfig(text, 'text');
  const audioConfig = readData2VecAudioConfig(audio, 'audio');
  const { pooler: _, ...textStart } = initBert(textConfig, zeros);
  const seeded = {
    text: fill(textStart, 'text'),
    audio: fill(initData2VecAudio(audioConfig, zeros), 'audio'),
  };
  const others = fill(initMmolre(model, { text: {}, audio: {} }, zeros));
  const params = prepared({ ...others, ...seeded });

  const textParams = params.text as typeof textStart;
  const textEncoder: Encoder<string, TextInput> = {
    dModel: textConfig.dModel,
    params: textParams,
    prepare: (texts) =>
      padTokens(
        texts.map((ids) => ids.split(' ').map(Number)),
        PAD_ID,
      ),
    encode: (input, mode) => roberta(textParams, input, textConfig, mode),
  };
  const options = { maxSeconds: model.audio.maxSeconds, ...(cache && { cache }) };
  const audioEncoder = createData2VecAudio(audioConfig, params.audio as typeof seeded.audio, options);
  const encoders = { text: textEncoder as Encoder<string>, audio: audioEncoder as Encoder<Float32Array> };
  return { params, encoders };
}

/** What `python/model.py` makes the same model from. */
export function pythonSizes({ model, text, audio }: WholeModel): Record<string, unknown> {
  const { unitse, fusion, heads } = model;
  const fields = ({ model_type: _, ...others }: Record<string, unknown>) => others;
  return {
    text: fields(text),
    audio: fields(audio),
    d_model: model.dModel,
    num_blocks: unitse.numBlocks,
    moe: {
      num_experts: unitse.ranks.length,
      rank: unitse.ranks[0],
      task_rank: unitse.taskRank,
      top_k: unitse.topK,
    },
    fusion: {
      num_layers: fusion.numLayers,
      num_heads: fusion.numHeads,
      width: fusion.width,
      dropout: fusion.dropout,
    },
    heads: { hidden: heads.hidden, dropout: heads.dropout },
  };
}

/** The seeded values come in the place of what is drawn. */
const zeros: Rng = { bits: () => 0, uniform: () => 0, normal: () => 0 };

function fill<P extends Params>(params: P, prefix = ''): P {
  return mapLeaves(
    params,
    (leaf, path) => {
      leaf.dispose();
      return seededWeight(path, leaf.shape);
    },
    prefix,
  );
}
