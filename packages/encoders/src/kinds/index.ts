import { z } from 'zod';
import * as audio from './audio-kinds';
import type { ConfigFor, EncoderKind, Json, KindCost, OpenedEncoder, OpenOptions } from './kind';
import type { AUDIO_KINDS, TEXT_KINDS } from './kind-names';
import * as text from './text-kinds';

type AnyText = (typeof text)[keyof typeof text];
type AnyAudio = (typeof audio)[keyof typeof audio];

/** What a configuration says of a text encoder, of any kind. */
export type TextConfig = z.output<AnyText['schema']>;
/** The same of an audio encoder. */
export type AudioConfig = z.output<AnyAudio['schema']>;
export type TextKind = TextConfig['kind'];
export type AudioKind = AudioConfig['kind'];
export type ConfigOf<Config extends { kind: string }, Kind extends Config['kind']> = Extract<Config, { kind: Kind }>;

type Kinds<Item, Config extends ConfigFor<Item>, Name extends Config['kind']> = {
  [Kind in Name]: EncoderKind<Item, z.ZodType<ConfigOf<Config, Kind>>>;
};

const byName = <Item, Config extends ConfigFor<Item>, Name extends Config['kind']>(kinds: object) =>
  Object.fromEntries(
    (Object.values(kinds) as EncoderKind<Item, z.ZodType<Config>>[]).map((kind) => [kind.preset().kind, kind]),
  ) as Kinds<Item, Config, Name>;

export const textKinds = byName<string, TextConfig, (typeof TEXT_KINDS)[number]>(text);
export const audioKinds = byName<Float32Array, AudioConfig, (typeof AUDIO_KINDS)[number]>(audio);

const anyOf = <Config>(kinds: object) => {
  const [first, ...others] = Object.values(kinds).map(({ schema }) => schema as z.ZodObject<{ kind: z.ZodLiteral }>);
  return z.discriminatedUnion('kind', [first!, ...others]) as unknown as z.ZodType<Config>;
};

export const textConfigSchema = anyOf<TextConfig>(text);
export const audioConfigSchema = anyOf<AudioConfig>(audio);

type AnyKind<Item, Config extends ConfigFor<Item>> = EncoderKind<Item, z.ZodType<Config>>;
const kindOfText = ({ kind }: TextConfig) => textKinds[kind] as AnyKind<string, TextConfig>;
const kindOfAudio = ({ kind }: AudioConfig) => audioKinds[kind] as AnyKind<Float32Array, AudioConfig>;

/** The encoder of that configuration. @see EncoderKind */
export const openTextEncoder = (
  config: TextConfig,
  dModel: number,
  options: OpenOptions,
): Promise<OpenedEncoder<string>> => kindOfText(config).open(config, dModel, options);
export const openAudioEncoder = (
  config: AudioConfig,
  dModel: number,
  options: OpenOptions,
): Promise<OpenedEncoder<Float32Array>> => kindOfAudio(config).open(config, dModel, options);

/** What the encoder of that configuration costs. @see EncoderKind */
export const textCost = (config: TextConfig, dModel: number, tokens: number, size?: Json): KindCost =>
  kindOfText(config).cost(config, dModel, tokens, size);
export const audioCost = (config: AudioConfig, dModel: number, seconds: number, size?: Json): KindCost =>
  kindOfAudio(config).cost(config, dModel, seconds, size);

/**
 * The same encoder from other weights.
 *
 * @param source A folder, `hf:owner/name` or `pip:name`; absent, as the configuration has it.
 * @throws If that kind has no weights to read.
 */
export function withSource<Config extends TextConfig | AudioConfig>(
  config: Config,
  source: string | undefined,
): Config {
  if (source === undefined) return config;
  if (!('model' in config)) throw new Error(`the ${config.kind} encoder reads no weights, found ${source}`);
  return { ...config, model: source };
}
