// Every kind of audio encoder that a configuration can name, a line each.
export { compactAudio } from './compact-audio';
export { data2vecAudio } from './data2vec-audio';
