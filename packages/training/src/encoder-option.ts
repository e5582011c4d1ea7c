import { AUDIO_KINDS, TEXT_KINDS, withUserPath } from '@mmolre/encoders/command-line';
import { withAudioEncoder, withTextEncoder } from '@mmolre/model';
import type { RunConfig } from './run-config';

/** `--text` and `--audio`: a kind of encoder, and after `=` where its weights are. */
export type EncoderChoices = { text?: string | undefined; audio?: string | undefined };

/** The run with the chosen encoders. @throws One line that names the option. */
export function withEncoders(run: RunConfig, { text, audio }: EncoderChoices): RunConfig {
  let { model } = run;
  if (text !== undefined) model = choose('text', text, TEXT_KINDS, (...to) => withTextEncoder(model, ...to));
  if (audio !== undefined) model = choose('audio', audio, AUDIO_KINDS, (...to) => withAudioEncoder(model, ...to));
  return { ...run, model };
}

function choose<Kind extends string, Result>(
  option: string,
  choice: string,
  kinds: readonly Kind[],
  change: (kind: Kind, source: string | undefined) => Result,
): Result {
  const [, kind, source] = /^([^=]*)=?(.*)$/s.exec(choice)!;
  const known = kinds.find((name) => name === kind);
  if (!known)
    throw new Error(`--${option} ${choice}: expected one of ${kinds.join(', ')}, such as ${kinds.at(-1)}=folder`);
  try {
    return change(known, source || undefined);
  } catch (error) {
    throw new Error(`--${option} ${choice}: ${(error as Error).message}`);
  }
}

/** The kind alone, for the name of a run. */
export const kindOf = (choice: string) => choice.split('=')[0]!;

/** The run with the folders of its encoders' weights counted from where the user stands. */
export function withUserPaths(run: RunConfig, userPath: (path: string) => string): RunConfig {
  const placed = <Config extends { kind: string }>(encoder: Config): Config =>
    'model' in encoder ? { ...encoder, model: withUserPath(encoder.model as string, userPath) } : encoder;
  return { ...run, model: { ...run.model, text: placed(run.model.text), audio: placed(run.model.audio) } };
}
