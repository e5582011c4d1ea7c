export { type AudioCache, type AudioCacheOptions, createAudioCache } from './audio-cache';
export { type AudioInfo, readAudioInfo } from './audio-info';
export { type ByteSource, withByteSource } from './byte-source';
export { decodeAudio, type ReadAudioOptions, readAudio } from './read-audio';
export { resample } from './resample';
export { wavFile } from './wav-file';
