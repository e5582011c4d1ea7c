export { SUBWORDS } from './assets';
export { type BertParams, bert, bertPooler } from './bert/bert';
export { bertLayout, initBert } from './bert/bert-checkpoint';
export { type BertConfig, maxTokensOf, readBertConfig, toConfigJson } from './bert/bert-config';
export { type BertLayerOptions, type BertLayerParams, bertLayer } from './bert/bert-layer';
export { createFrozenText, type FrozenTextOptions } from './bert/frozen-text';
export { poolText, unitLength } from './bert/pooling';
export { POOLINGS, type Pooling } from './bert/pooling-names';
export {
  createPretrainedText,
  embedTexts,
  type PretrainedText,
  type PretrainedTextOptions,
  readPretrainedText,
} from './bert/pretrained-text';
export { roberta } from './bert/roberta';
export { copyUpper, type UpperLayersParams, withoutUpper, withUpper } from './bert/upper-layers';
export { type CheckpointLayout, HARMLESS_EXTRAS, readCheckpoint } from './checkpoint/checkpoint';
export { WEIGHTS_INDEX } from './checkpoint/weight-files';
export { type AugmentConfig, augment } from './compact/augment';
export {
  type CompactAudioConfig,
  type CompactAudioInput,
  type CompactAudioParams,
  compactAudio,
  createCompactAudio,
  initCompactAudio,
} from './compact/compact-audio';
export {
  type CompactTextConfig,
  type CompactTextParams,
  compactText,
  createCompactText,
  initCompactText,
  SUBWORD_COUNT,
  SUBWORD_WIDTH,
} from './compact/compact-text';
export { FARTHEST_FUNCTIONAL, FUNCTIONALS, functionalsOf } from './compact/functionals';
export { logMel, type MelConfig, melFrames, SAMPLE_RATE } from './compact/log-mel';
export { readSubwordTable, readSubwordTokenizer, type SubwordTokenizer } from './compact/subwords';
export { shownValue } from './config-fields';
export {
  type BertSize,
  bertCost,
  type Data2VecAudioSize,
  data2VecAudioCost,
  data2VecAudioSizes,
  type EncoderCost,
  robertaSizes,
} from './cost';
export { type Data2VecAudioOptions, data2VecAudio, data2VecFeatures } from './data2vec-audio/data2vec-audio';
export { data2VecAudioLayout, initData2VecAudio } from './data2vec-audio/data2vec-audio-checkpoint';
export {
  type Data2VecAudioConfig,
  data2VecAudioConfigJson,
  data2VecAudioFrames,
  readData2VecAudioConfig,
} from './data2vec-audio/data2vec-audio-config';
export { createData2VecAudio, type Data2VecAudioEncoderOptions } from './data2vec-audio/data2vec-audio-encoder';
export type {
  Data2VecAudioParams,
  Data2VecLayerParams,
  FeatureExtractorParams,
} from './data2vec-audio/data2vec-audio-params';
export { type PretrainedAudio, readData2VecAudio } from './data2vec-audio/data2vec-audio-pretrained';
export { type ConvShape, frameLength, normaliseClip, receptiveField } from './data2vec-audio/raw-audio';
export { maskedSpans, type SpanConfig, type TimeMaskConfig, timeMask } from './data2vec-audio/time-mask';
export type { AudioInput, Encoder, TextInput } from './encoder';
export type { FrameCache } from './frame-cache';
export { countUpTo, probability } from './kinds/fields';
export { frozenModelFiles } from './kinds/frozen-weights';
export {
  type AudioConfig,
  type AudioKind,
  audioConfigSchema,
  audioCost,
  audioKinds,
  type ConfigOf,
  openAudioEncoder,
  openTextEncoder,
  type TextConfig,
  type TextKind,
  textConfigSchema,
  textCost,
  textKinds,
  withSource,
} from './kinds/index';
export type { EncoderKind, KindCost, OpenedEncoder, OpenOptions } from './kinds/kind';
export { withoutProjection } from './kinds/projection';
export { initLora, type LoraConfig, loraOptions, mergeLora, withLora } from './lora/lora';
export { readAdapters } from './lora/peft';
export { padTokens } from './pad-tokens';
export {
  httpPlace,
  memoryPlace,
  nameAt,
  type Place,
  readJsonAt,
  readTextAt,
  requireJsonAt,
  type TensorFile,
} from './place';
export { isAddress, withUserPath } from './source';
export { type TextRules, textRules } from './tokenizer/text-rules';
export { createTokenizer, loadTokenizer, type TextTokenizer, TOKENIZER_FILES } from './tokenizer/tokenizer';
export { weightsOf } from './weights-of';
