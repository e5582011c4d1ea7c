export { type AudioCache, type AudioCacheOptions, createAudioCache } from './audio-cache';
export { type AudioInfo, readAudioInfo } from './audio-info';
export { pageChecksum, pageEnd } from './ogg-header';
export { type ReadAudioOptions, readAudio } from './read-audio';
export { resample } from './resample';
