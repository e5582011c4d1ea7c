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

type BertTree = Omit<ReturnType<typeof initBert>, 'pooler'>;
type AudioTree = ReturnType<typeof initData2VecAudio>;

export function seededText({ text }: WholeModel): BertTree {
  const { pooler: _, ...start } = initBert(readBertConfig(text, 'text'), zeros);
  return fill(start, 'text');
}

export const seededAudio = ({ audio }: WholeModel): AudioTree =>
  fill(initData2VecAudio(readData2VecAudioConfig(audio), zeros), 'audio');

/** All parameters with seeded values. */
export function seededParams(whole: WholeModel): MmolreParams {
  const encoders = { text: seededText(whole), audio: seededAudio(whole) };
  return { ...fill(initMmolre(whole.model, { text: {}, audio: {} }, zeros)), ...encoders };
}

/** The text encoder over such parameters; a text is its tokens' ids. */
export function textEncoder({ text }: WholeModel, params: Params): Encoder<string, TextInput> {
  const config = readBertConfig(text, 'text');
  return {
    dModel: config.dModel,
    params,
    prepare: (texts) =>
      padTokens(
        texts.map((ids) => ids.split(' ').map(Number)),
        PAD_ID,
      ),
    encode: (input, mode) => roberta(params as BertTree, input, config, mode),
  };
}

/** @param cache Where to keep what the frozen convolutions give of a clip: nowhere. */
export function audioEncoder({ model, audio }: WholeModel, params: Params, cache?: FrameCache) {
  const options = { maxSeconds: model.audio.maxSeconds, ...(cache && { cache }) };
  return createData2VecAudio(readData2VecAudioConfig(audio), params as AudioTree, options);
}

export function encodersOver(whole: WholeModel, params: MmolreParams, cache?: FrameCache): Encoders {
  const text = textEncoder(whole, params.text) as Encoder<string>;
  return { text, audio: audioEncoder(whole, params.audio, cache) as Encoder<Float32Array> };
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
