import { type AudioKind, audioKinds, type TextKind, textKinds, withSource } from '@mmolre/encoders';
import type { ModelConfig } from './config';

/**
 * The model with another encoder; with the same kind, its other settings stay.
 *
 * @param source Where its weights are: a folder, `hf:owner/name` or `pip:name`; absent, as the model or the kind has it.
 * @throws If that kind has no weights to read.
 */
export function withTextEncoder(model: ModelConfig, kind: TextKind, source?: string): ModelConfig {
  return { ...model, text: withSource(model.text.kind === kind ? model.text : textKinds[kind].preset(), source) };
}

/** The same for the audio. */
export function withAudioEncoder(model: ModelConfig, kind: AudioKind, source?: string): ModelConfig {
  return { ...model, audio: withSource(model.audio.kind === kind ? model.audio : audioKinds[kind].preset(), source) };
}
