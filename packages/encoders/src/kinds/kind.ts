import type { Params, Rng } from '@mmolre/nn';
import type { z } from 'zod';
import type { EncoderCost } from '../cost';
import type { Encoder } from '../encoder';
import type { FrameCache } from '../frame-cache';
import type { Place } from '../place';

/**
 * A kind of encoder that a configuration can name: all that there is to know of it, in one file. `contributing/add-an-encoder.md` says how to
 * add one.
 */
export type EncoderKind<Item, Schema extends z.ZodType<ConfigFor<Item>>> = {
  /** Its fields; `kind` is a literal. */
  schema: Schema;
  /** What it is where nothing else is said. */
  preset(): z.output<Schema>;
  /**
   * What it holds and does for one item of that length, and the vectors that it gives.
   *
   * @param length Tokens of a text with the two special ones, or seconds of audio; what is beyond the configuration's limit is cut.
   * @param size The config.json of its weights, where that is known.
   */
  cost(config: z.output<Schema>, dModel: number, length: number, size?: Json): KindCost;
  /** Finds and checks what it needs; weights that train are read by `init`. @throws One line, if it cannot be had or does not fit. */
  open(config: z.output<Schema>, dModel: number, options: OpenOptions): Promise<OpenedEncoder<Item>>;
};

export type EncoderConfig = { kind: string };
/** Every configuration says where it cuts an item: a text's tokens, or a recording's seconds. */
export type ConfigFor<Item> = EncoderConfig & (Item extends string ? { maxTokens: number } : { maxSeconds: number });
export type Json = Record<string, unknown>;
export type KindCost = { length: number; components: EncoderCost[] };

/** An encoder whose settings are read: what makes its parameters, and the encoder over parameters that are there. */
export type OpenedEncoder<Item> = {
  /** Fresh parameters, or the pretrained ones. */
  init(rng: Rng): Params | Promise<Params>;
  /** Measures over training items, with the present weights, what is not trained, before training and again before each evaluation. Most have nothing. */
  fit?(params: Params, items: readonly Item[]): void;
  /** The encoder over a tree of that form; freezes in it what the configuration does not train. */
  over(params: Params): Encoder<Item>;
  /** What a run keeps beside its weights, by file name, so that it loads without the place that the encoder came from. */
  files: ReadonlyMap<string, string>;
};

export type OpenOptions = {
  /**
   * Where a source's files are: a folder, `hf:owner/name[@revision]`, `pip:name`, or an address. In Node `findPlace` of
   * `@mmolre/encoders/node`; in a browser `async (address) => httpPlace(address)`.
   */
  find: (source: string, log?: (line: string) => void) => Promise<Place>;
  /** Keeps what the frozen parts make of each text and clip, for later runs: nothing does. */
  frames?: FrameCache | undefined;
  /** Told in one line when something is fetched. */
  log?: ((line: string) => void) | undefined;
  /** What a run kept of the encoder (`OpenedEncoder.files`): read instead of its place of origin, and `init` draws at random. */
  kept?: Place | undefined;
};
