// What tests of this and other packages make recordings with. Nothing here is for use outside of tests.
export { pageChecksum, pageEnd } from './ogg-header';
export { makeWav, type WavOptions } from './testing/make-wav';
export { silentFlac } from './testing/silent-flac';
export { decibels, tones } from './testing/tones';
