export { type BatchOptions, batches } from './batches';
export { type Feature, type FeatureSample, type MmsaOptions, readMmsaPickle } from './corpora/mmsa-pickle';
export type { ClipTimes } from './corpora/mosei-clip-times';
export { type EmotionJoin, joinByTime, MOSEI_COLUMNS } from './corpora/mosei-emotions';
export type { CorpusFolder, FolderOptions } from './corpus-folder';
export { type Dataset, readDataset, samplesOf, withoutUnreadable } from './dataset';
export { datasetHash } from './dataset-hash';
export { type CsdOptions, type CsdSegment, type CsdSequence, readCsd, wordsWithin } from './formats/csd';
export { groupLine, groupProblems, type ProblemGroup } from './group-problems';
export type { Skip } from './prepare/label-csv';
export { type PrepareOptions, type PrepareResult, prepareFolder } from './prepare/prepare-folder';
export type { Remark } from './prepare/remarks';
export { isTooMuch, type Loss, MAX_LOST, type Problem, type Severity } from './problem';
export { type Loaded, readAhead } from './read-ahead';
export { type Corpus, checkLoss, type Layout, type ReadOptions, readCorpus, recogniseLayout } from './read-corpus';
export { type RecordedSample, recordingsOf, withRecordings } from './recordings';
export {
  EMOTIONS,
  type Emotion,
  emotionVector,
  type LabelOrigin,
  NUM_EMOTIONS,
  POLARITIES,
  type Polarity,
  polarityOf,
  type Sample,
  SPLITS,
  type Split,
} from './sample';
export type { AudioRemark } from './validate/audio-remark';
export type { RecordingLengths, RecordingOptions } from './validate/check-recordings';
export { isAsPublished } from './validate/identify';
export { type CountRow, type Inspection, type InspectOptions, inspectFolder, validateFolder } from './validate/inspect';
export { CORPORA, type CorpusName, type Counts } from './validate/published';
export {
  CREMA_D_POLARITY,
  CREMA_D_VOCABULARY,
  EMODB_VOCABULARY,
  type EmotionVocabulary,
  emotionsIn,
  GOEMOTIONS_POLARITY,
  GOEMOTIONS_VOCABULARY,
  IEMOCAP_POLARITY,
  IEMOCAP_VOCABULARY,
  MELD_VOCABULARY,
  MOSEI_VOCABULARY,
  type PolarityVocabulary,
  polarityIn,
  VOCABULARIES,
} from './vocabularies';
