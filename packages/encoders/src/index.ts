export { type AugmentConfig, augment } from './augment';
export { type BertParams, bert, bertPooler } from './bert';
export { bertLayout, initBert } from './bert-checkpoint';
export { type BertConfig, maxTokensOf, readBertConfig, toConfigJson } from './bert-config';
export { type BertLayerOptions, type BertLayerParams, bertLayer } from './bert-layer';
export {
  type CompactAudioConfig,
  type CompactAudioParams,
  compactAudio,
  createCompactAudio,
  initCompactAudio,
} from './compact-audio';
export {
  type CompactTextConfig,
  type CompactTextParams,
  compactText,
  createCompactText,
  initCompactText,
  padTokens,
  SUBWORD_WIDTH,
} from './compact-text';
export {
  type AudioEncoderCost,
  type BertSize,
  bertCost,
  compactAudioCost,
  compactTextCost,
  type Data2VecAudioSize,
  data2VecAudioCost,
  data2VecAudioSizes,
  type EncoderCost,
  robertaSizes,
} from './cost';
export { type Data2VecAudioOptions, data2VecAudio, data2VecFeatures } from './data2vec-audio';
export { data2VecAudioLayout, initData2VecAudio } from './data2vec-audio-checkpoint';
export {
  type Data2VecAudioConfig,
  data2VecAudioConfigJson,
  data2VecAudioFrames,
  readData2VecAudioConfig,
} from './data2vec-audio-config';
export { createData2VecAudio, type Data2VecAudioEncoderOptions } from './data2vec-audio-encoder';
export type { Data2VecAudioParams, Data2VecLayerParams, FeatureExtractorParams } from './data2vec-audio-params';
export { loadData2VecAudio, type PretrainedAudio, saveData2VecAudio } from './data2vec-audio-pretrained';
export type { AudioEncoder, AudioInput, Encoder, EncoderOutput, TextEncoder, TextInput } from './encoder';
export { createFrozenText, type FrozenTextInput, type FrozenTextOptions } from './frozen-text';
export type { Progress } from './hub/download-model';
export { fetchMiniLm, miniLmFolder } from './hub/fetch-minilm';
export { type FindModelOptions, findModel } from './hub/find-model';
export { type HubSettings, hubSettings } from './hub/hub-settings';
export { logMel, type MelConfig, melFrames, SAMPLE_RATE } from './log-mel';
export { POOLINGS, type Pooling, poolText, unitLength } from './pooling';
export { type CheckpointLayout, HARMLESS_EXTRAS, readCheckpoint } from './pretrained/checkpoint';
export { writeCheckpoint } from './pretrained/write-checkpoint';
export {
  createPretrainedText,
  embedTexts,
  loadText,
  type PretrainedText,
  type PretrainedTextOptions,
  saveText,
} from './pretrained-text';
export { type ConvShape, frameLength, normaliseClip, receptiveField } from './raw-audio';
export { roberta } from './roberta';
export { type TextRules, textRules } from './text-rules';
export { maskedSpans, type SpanConfig, type TimeMaskConfig, timeMask } from './time-mask';
export { createTokenizer, loadTokenizer, type TextTokenizer, TOKENIZER_FILES } from './tokenizer';
