import { Tokenizer } from '@huggingface/tokenizers';
import { onOneLine } from '@mmolre/nn';
import { type Place, readTextAt } from '../place';
import { byteLevelBpe, wordPiece } from './tokenizer-json';
import { tokenizerRules } from './tokenizer-rules';

/** Turns a text into token ids, as Hugging Face's tokenizer of the same files does. */
export type TextTokenizer = {
  /**
   * The ids of a text, the special ones around it included.
   *
   * @param maxTokens Where it is cut; the special ones at its end stay.
   */
  encode(text: string, maxTokens?: number): number[];
  /** The largest id it can give. */
  maxId: number;
  /** The files that it was read from, by name: they go with a saved encoder. */
  files: ReadonlyMap<string, string>;
};

/** The files that a tokenizer may come in. */
export const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'vocab.txt',
] as const;

/**
 * Reads a model's tokenizer: from `tokenizer.json`, else from `vocab.json` and `merges.txt` (RoBERTa), else from
 * `vocab.txt` (BERT).
 *
 * @throws One line: no such file, or what is wrong with one.
 */
export async function loadTokenizer(place: Place): Promise<TextTokenizer> {
  const files = new Map<string, string>();
  for (const name of TOKENIZER_FILES) {
    const text = await readTextAt(place, name);
    if (text !== undefined) files.set(name, text);
  }
  return createTokenizer(files, place.name);
}

/**
 * A tokenizer from the content of its files.
 *
 * @param folder What error messages call the place.
 */
export function createTokenizer(files: ReadonlyMap<string, string>, folder: string): TextTokenizer {
  const nameOf = (file: string) => `${folder}/${file}`;
  const parse = (name: string): Record<string, unknown> => {
    try {
      const json: unknown = JSON.parse(files.get(name)!);
      if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
    } catch {}
    throw new Error(`${nameOf(name)}: expected a JSON object, found something else (cut short, or a git-lfs pointer?)`);
  };
  const config = files.has('tokenizer_config.json') ? parse('tokenizer_config.json') : {};
  const definition = files.has('tokenizer.json')
    ? parse('tokenizer.json')
    : files.has('vocab.json') && files.has('merges.txt')
      ? byteLevelBpe(parse('vocab.json'), files.get('merges.txt')!, config, nameOf('vocab.json'))
      : files.has('vocab.txt')
        ? wordPiece(files.get('vocab.txt')!, config, nameOf('vocab.txt'))
        : undefined;
  if (!definition) {
    throw new Error(
      `${folder}: has no tokenizer; expected tokenizer.json, or vocab.json with merges.txt, or vocab.txt`,
    );
  }
  /** What the library makes of the files, which it does not check. */
  const used = <T>(use: () => T): T => {
    try {
      return use();
    } catch (error) {
      const said = onOneLine((error as Error).message);
      throw new Error(`${nameOf('tokenizer.json')}: not a tokenizer that can be used: ${said}`);
    }
  };
  const { tokenizer, prepare, end, maxId } = used(() => {
    const rules = tokenizerRules(definition);
    const tokenizer = new Tokenizer(rules.definition, config);
    rules.install(tokenizer);
    const maxId = [...tokenizer.get_vocab(true).values()].reduce((most, id) => Math.max(most, id), 0);
    return { tokenizer, prepare: rules.prepare, end: checkedIds(endTokens(tokenizer), maxId), maxId };
  });
  return {
    encode: (text, maxTokens = Number.POSITIVE_INFINITY) => {
      const ids = used(() => checkedIds(tokenizer.encode(prepare(text)).ids, maxId));
      return ids.length <= maxTokens
        ? ids
        : [...ids.slice(0, Math.max(0, maxTokens - end.length)), ...end].slice(0, maxTokens);
    },
    maxId,
    files,
  };
}

/** @throws If one is no id. */
function checkedIds(ids: number[], maxId: number): number[] {
  const wrong = ids.find((id) => !(Number.isSafeInteger(id) && id >= 0 && id <= maxId));
  if (wrong !== undefined || ids.includes(undefined as never))
    throw new Error(`a token has the id ${JSON.stringify(wrong)}, expected a whole number of 0 .. ${maxId}`);
  return ids;
}

/** The special ids that follow every text. */
function endTokens(tokenizer: Tokenizer): number[] {
  const bare = tokenizer.encode('a', { add_special_tokens: false }).ids;
  const whole = tokenizer.encode('a').ids;
  const start = whole.findIndex((_, at) => bare.every((id, i) => whole[at + i] === id));
  return whole.slice(start + bare.length);
}
