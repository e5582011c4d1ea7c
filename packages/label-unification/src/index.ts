export { EMOTIONS, type Emotion } from './emotion';
export { IEMOCAP_CODES, iemocapPolarity, POLARITIES, type Polarity, polarityOf } from './polarity';
export type {
  Neighbour,
  SentenceEncoder,
  SourceSample,
  TargetSample,
  UnifiedLabel,
  UnifyLabels,
  VectorIndex,
} from './types';
export {
  type EmotionVocabulary,
  emotionsIn,
  IEMOCAP_VOCABULARY,
  MELD_VOCABULARY,
  MOSEI_VOCABULARY,
} from './vocabularies';
