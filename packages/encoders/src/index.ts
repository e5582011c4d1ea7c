export { type AugmentConfig, augment } from './augment';
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
export type { AudioEncoder, AudioInput, Encoder, EncoderOutput, TextEncoder, TextInput } from './encoder';
export { logMel, type MelConfig, melFrames, SAMPLE_RATE } from './log-mel';
