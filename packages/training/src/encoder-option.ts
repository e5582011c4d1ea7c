import {
  type AudioKind,
  audioPresets,
  BY_PIP,
  type RunConfig,
  type TextKind,
  textPresets,
  withAudioEncoder,
  withTextEncoder,
} from '@mmolre/model';

/** `--text` and `--audio`: a kind of encoder, and after `=` where its weights are. */
export type EncoderChoices = { text?: string | undefined; audio?: string | undefined };

export const TEXT_KINDS = Object.keys(textPresets) as TextKind[];
export const AUDIO_KINDS = Object.keys(audioPresets) as AudioKind[];

/** The run with the chosen encoders. @throws One line that names the option. */
export function withEncoders(run: RunConfig, { text, audio }: EncoderChoices): RunConfig {
  const withText = text === undefined ? run : choose('text', text, TEXT_KINDS, (...to) => withTextEncoder(run, ...to));
  if (audio === undefined) return withText;
  return choose('audio', audio, AUDIO_KINDS, (...to) => withAudioEncoder(withText, ...to));
}

function choose<Kind extends string>(
  option: string,
  choice: string,
  kinds: readonly Kind[],
  change: (kind: Kind, source: string | undefined) => RunConfig,
): RunConfig {
  const [, kind, source] = /^([^=]*)=?(.*)$/s.exec(choice)!;
  if (!kinds.includes(kind as Kind))
    throw new Error(`--${option} ${choice}: expected one of ${kinds.join(', ')}, such as ${kinds[1]}=folder`);
  try {
    return change(kind as Kind, source || undefined);
  } catch (error) {
    throw new Error(`--${option} ${choice}: ${(error as Error).message}`);
  }
}

/** The kind alone, for the name of a run. */
export const kindOf = (choice: string) => choice.split('=')[0]!;

/** The run with the folders of its encoders' weights counted from where the user stands. */
export function withUserPaths(run: RunConfig, userPath: (path: string) => string): RunConfig {
  const placed = <Config extends { kind: string }>(encoder: Config): Config => {
    if (!('model' in encoder)) return encoder;
    const model = encoder.model as string;
    return { ...encoder, model: model === BY_PIP || model.startsWith('hf:') ? model : userPath(model) };
  };
  return { ...run, model: { ...run.model, text: placed(run.model.text), audio: placed(run.model.audio) } };
}
