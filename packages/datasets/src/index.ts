export { type AudioCache, type AudioCacheOptions, createAudioCache } from './audio-cache';
export { type AudioInfo, readAudioInfo } from './audio-info';
export { type BatchOptions, batches } from './batches';
export type { ClipTimes } from './clip-times';
export { type Corpus, type Layout, readCorpus, recogniseLayout } from './corpora';
export type { CorpusFolder } from './corpus-folder';
export { type CsdOptions, type CsdSegment, type CsdSequence, readCsd, wordsWithin } from './csd';
export type { ProblemKind } from './data-error';
export { DataError } from './data-error';
export { type Dataset, readDataset, samplesOf } from './dataset';
export {
  EMOTIONS,
  type Emotion,
  type LabelOrigin,
  type Polarity,
  polarityOf,
  type Sample,
  SPLITS,
  type Split,
} from './label-row';
export { type Feature, type FeatureSample, type MmsaOptions, readMmsaPickle } from './mmsa-pickle';
export { type EmotionJoin, joinByTime, MOSEI_COLUMNS } from './mosei-emotions';
export type { Skip } from './prepare/label-csv';
export { type PrepareOptions, type PrepareResult, prepareFolder } from './prepare/prepare-folder';
export type { Problem, Severity } from './problem';
export { type Loaded, readAhead } from './read-ahead';
export { type ReadAudioOptions, readAudio } from './read-audio';
export { type RecordedSample, recordingsOf, withRecordings } from './recordings';
export { resample } from './resample';
export type { RecordingLengths, RecordingOptions } from './validate/check-recordings';
export { type CountRow, type Inspection, type InspectOptions, inspectFolder, validateFolder } from './validate/inspect';
export { CORPORA, type CorpusName, type Counts } from './validate/published';
