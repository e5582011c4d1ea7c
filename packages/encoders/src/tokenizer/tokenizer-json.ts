// The content of a tokenizer.json, for models that come with the older files only.

type Json = Record<string, unknown>;

const addedToken = (content: string, id: number, lstrip = false) => ({
  id,
  content,
  single_word: false,
  lstrip,
  rstrip: false,
  normalized: false,
  special: true,
});

/** A special token of `tokenizer_config.json`: its text, or an object that has it. */
function tokenOf(config: Json, field: string, fallback: string): string {
  const value = config[field];
  const content = typeof value === 'object' && value !== null ? (value as Json).content : value;
  return typeof content === 'string' ? content : fallback;
}

/**
 * RoBERTa's byte-level BPE.
 *
 * @param vocab `vocab.json`: ids by token.
 * @param merges `merges.txt`: a pair a line, the most frequent first.
 * @param config `tokenizer_config.json`, or {}.
 * @param name What error messages call the vocabulary.
 */
export function byteLevelBpe(vocab: Json, merges: string, config: Json, name: string): Json {
  const idOf = (token: string): number => {
    const id = Object.hasOwn(vocab, token) ? vocab[token] : undefined;
    if (!Number.isSafeInteger(id)) throw new Error(`${name}: has no id for the special token '${token}'`);
    return id as number;
  };
  const [cls, pad, sep, unk, mask] = [
    tokenOf(config, 'cls_token', '<s>'),
    tokenOf(config, 'pad_token', '<pad>'),
    tokenOf(config, 'sep_token', '</s>'),
    tokenOf(config, 'unk_token', '<unk>'),
    tokenOf(config, 'mask_token', '<mask>'),
  ];
  const add_prefix_space = config.add_prefix_space === true;
  return {
    version: '1.0',
    added_tokens: [
      ...[cls, pad, sep, unk].map((token) => addedToken(token, idOf(token))),
      addedToken(mask, idOf(mask), true),
    ],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space, trim_offsets: true, use_regex: true },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [sep, idOf(sep)],
      cls: [cls, idOf(cls)],
      trim_offsets: true,
      add_prefix_space,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      vocab,
      merges: merges.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version')),
    },
  };
}

/**
 * BERT's WordPiece.
 *
 * @param vocab `vocab.txt`: a token a line, its id the line's number from 0.
 * @param config `tokenizer_config.json`, or {}.
 */
export function wordPiece(vocab: string, config: Json, name: string): Json {
  const tokens = vocab.replace(/\r?\n$/, '').split(/\r?\n/);
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const [cls, pad, sep, unk, mask] = [
    tokenOf(config, 'cls_token', '[CLS]'),
    tokenOf(config, 'pad_token', '[PAD]'),
    tokenOf(config, 'sep_token', '[SEP]'),
    tokenOf(config, 'unk_token', '[UNK]'),
    tokenOf(config, 'mask_token', '[MASK]'),
  ];
  const idOf = (token: string): number => {
    const id = ids.get(token);
    if (id === undefined) throw new Error(`${name}: has no line for the special token '${token}'`);
    return id;
  };
  const special = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  return {
    version: '1.0',
    added_tokens: [pad, unk, cls, sep, mask].map((token) => addedToken(token, idOf(token))),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: config.tokenize_chinese_chars !== false,
      strip_accents: config.strip_accents ?? null,
      lowercase: config.do_lower_case !== false,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special(cls), { Sequence: { id: 'A', type_id: 0 } }, special(sep)],
      pair: [],
      special_tokens: Object.fromEntries(
        [cls, sep].map((token) => [token, { id: token, ids: [idOf(token)], tokens: [token] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unk,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(ids),
    },
  };
}
