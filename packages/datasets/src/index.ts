export { type AudioCache, createAudioCache } from './audio-cache';
export { type BatchOptions, batches } from './batches';
export { DataError } from './data-error';
export { type Dataset, readLabelFolder } from './label-folder';
export { EMOTIONS, type Emotion, type Sample, SPLITS, type Split } from './label-row';
export { type ReadAudioOptions, readAudio } from './read-audio';
export { type RecordedSample, withRecordings } from './recordings';
export { resample } from './resample';
