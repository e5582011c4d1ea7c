import type { Tokenizer } from '@huggingface/tokenizers';

// Where @huggingface/tokenizers follows JavaScript's notion of a character, a space or a lower-case letter, the Rust library behind
// Python's tokenizers has another one. These parts are put in its place, so that ids are Python's on every text.

type Json = Record<string, unknown>;
type AddedToken = { content: string; lstrip?: boolean; rstrip?: boolean };

/** What is done around the library's tokenizer. */
export type TokenizerRules = {
  /** The definition that the library is given. */
  definition: Json;
  /** Before a text is cut. */
  prepare(text: string): string;
  /** Puts the other parts into the library's tokenizer. */
  install(tokenizer: Tokenizer): void;
};

/** The rules for the content of a `tokenizer.json`. */
export function tokenizerRules(definition: Json): TokenizerRules {
  const added = Array.isArray(definition.added_tokens) ? (definition.added_tokens as AddedToken[]) : [];
  const normalizer = definition.normalizer as Json | null | undefined;
  const preTokenizer = definition.pre_tokenizer as Json | null | undefined;
  return {
    // A token that swallows the spaces beside it: the library would trim a zero-width no-break space, and leave U+0085.
    definition: { ...definition, added_tokens: added.map((token) => ({ ...token, lstrip: false, rstrip: false })) },
    prepare: swallowSpaces(added),
    install(tokenizer) {
      if (normalizer?.type === 'BertNormalizer') {
        tokenizer.normalizer = ((text: string) => bertNormalize(text, normalizer)) as never;
      }
      if (preTokenizer?.type === 'ByteLevel' && preTokenizer.use_regex !== false) {
        const prefix = preTokenizer.add_prefix_space === true;
        tokenizer.pre_tokenizer = ((text: string) => byteLevelWords(text, prefix)) as never;
      }
    },
  };
}

function swallowSpaces(added: readonly AddedToken[]): (text: string) => string {
  const quote = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const any = (tokens: readonly AddedToken[]) => tokens.map(({ content }) => quote(content)).join('|');
  const left = added.filter(({ lstrip }) => lstrip);
  const right = added.filter(({ rstrip }) => rstrip);
  const patterns = [
    ...(left.length > 0 ? [new RegExp(`\\p{White_Space}+(?=${any(left)})`, 'gu')] : []),
    ...(right.length > 0 ? [new RegExp(`(?<=${any(right)})\\p{White_Space}+`, 'gu')] : []),
  ];
  return (text) => patterns.reduce((text, pattern) => text.replace(pattern, ''), text);
}

/** The blocks of Chinese characters that BERT sets apart. */
const CHINESE =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

/** Cleans, sets Chinese characters apart, takes accents off, and makes lower case letter by letter: a sigma at a word's end stays one. */
function bertNormalize(text: string, options: Json): string {
  let now = text;
  if (options.clean_text) {
    now = now.replace(/[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '').replace(/\p{White_Space}/gu, ' ');
  }
  if (options.handle_chinese_chars) now = now.replace(CHINESE, ' $& ');
  if (options.strip_accents ?? options.lowercase) now = now.normalize('NFD').replace(/\p{Mn}/gu, '');
  return options.lowercase ? Array.from(now, (letter) => letter.toLowerCase()).join('') : now;
}

const WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** GPT-2's words, each byte written as the character that stands for it in the vocabulary. */
function byteLevelWords(text: string, prefix: boolean): string[] {
  const words = (prefix && !text.startsWith(' ') ? ` ${text}` : text).match(WORDS) ?? [];
  return words.map((word) => Array.from(encoder.encode(word), (byte) => BYTE_CHARACTERS[byte]).join(''));
}

const encoder = new TextEncoder();

/** Printable bytes stand for themselves, the others for characters from U+0100 on. */
const BYTE_CHARACTERS: readonly string[] = (() => {
  let other = 0x100;
  const isPrintable = (byte: number) => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : other++));
})();
