export { type Agreement, type AgreementReport, agreement } from './agreement';
export { type DonorOptions, type Donors, donorsOf, targetsOf } from './donors';
export { DEFAULT_MODEL, MINILM } from './models';
export { loadOnnxSentences, type OnnxSentencesOptions } from './onnx-sentences';
export {
  loadSentences,
  type PretrainedSentencesOptions,
  pretrainedSentences,
  type TokenOptions,
} from './pretrained-sentences';
export {
  createExactIndex,
  type RunningSearch,
  type SourceBlock,
  searchBlocks,
  startSearch,
} from './search/exact-search';
export { agreementLine, type IndexAgreement, indexAgreement } from './search/index-agreement';
export type { IndexPool } from './search/pools';
export { createSentenceEncoder, type SentenceEncoderOptions, type SentenceModel } from './sentence-encoder';
export { alignment, uniformity } from './simcse/alignment-uniformity';
export { type ContrastiveBatch, contrastiveLoss } from './simcse/contrastive-loss';
export { type MeasureOptions, measureSpace, type SpaceMeasures } from './simcse/measure-space';
export { parseTriplets, readSimcseData, type SimcseCorpus, type SimcseData, type Triplet } from './simcse/simcse-data';
export { simcseDefaults } from './simcse/simcse-defaults';
export { type SimcseModel, type SimcseTextOptions, simcseMaxTokens } from './simcse/simcse-model';
export {
  type SimcseOptions,
  type SimcseResult,
  type SimcseState,
  type SimcseStep,
  trainSimcse,
} from './simcse/train-simcse';
export { type SourceFolder, sourceFolder } from './source-folder';
export type { Match, Neighbour, SentenceEncoder, SourceSample, TargetSample, UnifiedLabel, VectorIndex } from './types';
export { parseUnifiedCsv, readUnifiedCsv, readUnifiedText, type UnifiedRow, unifiedCsv } from './unified-csv';
export {
  type UnifiedFolders,
  type UnifyFoldersOptions,
  unifyFolders,
} from './unify-folders';
export { type Rule, type UnifyOptions, unifyLabels } from './unify-labels';
export { type ReportFacts, unifyReport } from './unify-report';
export {
  datasetWithUnifiedLabels,
  EVALUATION_WARNING,
  type WithUnifiedLabels,
  type WithUnifiedLabelsOptions,
  withUnifiedLabels,
} from './with-unified-labels';
