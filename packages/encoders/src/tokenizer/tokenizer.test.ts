import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folderPlace } from '../node/folder-place';
import { createTokenizer, loadTokenizer, type TextTokenizer, TOKENIZER_FILES } from './tokenizer';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
type Ids = { texts: string[]; roberta: number[][]; minilm: number[][] };
const fixture: Ids = JSON.parse(readFileSync(at('../__fixtures__/tokenizer-ids.json'), 'utf8'));

/** The real tokenizer of roberta-base is 3 MB and not in the repository. */
const robertaFolder = [process.env.MMOLRE_ROBERTA, at('../../../../../shared/data/roberta-base-tokenizer')].find(
  (folder) => folder && existsSync(join(folder, 'tokenizer.json')),
);
if (!robertaFolder)
  console.warn("roberta-base's tokenizer left out: MMOLRE_ROBERTA names no folder with tokenizer.json");

const filesOf = (folder: string, names: readonly string[] = TOKENIZER_FILES) =>
  new Map(
    names.flatMap((name) =>
      existsSync(join(folder, name)) ? [[name, readFileSync(join(folder, name), 'utf8')] as const] : [],
    ),
  );

/** The texts whose ids are not those of Python, with both. */
const differing = (tokenizer: TextTokenizer, wanted: number[][]) =>
  fixture.texts.flatMap((text, i) => {
    const ids = tokenizer.encode(text);
    return ids.join() === wanted[i]!.join() ? [] : [{ text, ids, wanted: wanted[i] }];
  });

describe('ids on 500 texts are those of Python', () => {
  test('all-MiniLM-L6-v2', () => {
    expect(fixture.texts).toHaveLength(500);
    const tokenizer = createTokenizer(filesOf(at('../../assets/minilm-96')), 'minilm');
    expect(differing(tokenizer, fixture.minilm)).toEqual([]);
    expect(tokenizer.maxId).toBe(30_521);
  });

  test('all-MiniLM-L6-v2 from a vocab.txt', () => {
    const { model } = JSON.parse(readFileSync(at('../../assets/minilm-96/tokenizer.json'), 'utf8'));
    const lines = Object.keys(model.vocab).sort((a, b) => model.vocab[a] - model.vocab[b]);
    const tokenizer = createTokenizer(new Map([['vocab.txt', `${lines.join('\n')}\n`]]), 'minilm');
    expect(differing(tokenizer, fixture.minilm)).toEqual([]);
  });

  test.skipIf(!robertaFolder)('roberta-base', () => {
    const tokenizer = createTokenizer(filesOf(robertaFolder!), 'roberta');
    expect(differing(tokenizer, fixture.roberta)).toEqual([]);
    expect(tokenizer.maxId).toBe(50_264);
  });

  test.skipIf(!robertaFolder)('roberta-base from vocab.json and merges.txt', () => {
    const tokenizer = createTokenizer(filesOf(robertaFolder!, ['vocab.json', 'merges.txt']), 'roberta');
    expect(differing(tokenizer, fixture.roberta)).toEqual([]);
  });
});

describe('a tokenizer that transformers wrote', () => {
  test('gives the same ids from tokenizer.json and from the older files', async () => {
    const folder = at('../__fixtures__/roberta-small');
    const new_ = await loadTokenizer(folderPlace(folder));
    const old = createTokenizer(filesOf(folder, ['vocab.json', 'merges.txt', 'tokenizer_config.json']), folder);
    expect([...new_.files.keys()]).toEqual(['tokenizer.json', 'tokenizer_config.json', 'vocab.json', 'merges.txt']);
    for (const text of fixture.texts) expect(old.encode(text)).toEqual(new_.encode(text));
    expect(old.maxId).toBe(339);
    const bert = at('../__fixtures__/bert-small');
    const oldBert = createTokenizer(filesOf(bert, ['vocab.txt', 'tokenizer_config.json']), bert);
    const newBert = await loadTokenizer(folderPlace(bert));
    for (const text of fixture.texts) expect(oldBert.encode(text)).toEqual(newBert.encode(text));
  });

  test('cuts a text at maxTokens and keeps the special token at its end', async () => {
    for (const [name, end] of [
      ['roberta', 2],
      ['bert', 3],
    ] as const) {
      // biome-ignore format: a table
      const tokenizer = await loadTokenizer(folderPlace(at(`../__fixtures__/${name}-small`)));
      const text = 'what a movie, what an ending';
      const whole = tokenizer.encode(text);
      expect(whole.at(-1)).toBe(end);
      expect(tokenizer.encode(text, whole.length)).toEqual(whole);
      expect(tokenizer.encode(text, 5)).toEqual([...whole.slice(0, 4), end]);
      expect(tokenizer.encode(text, 2)).toEqual([whole[0], end]);
    }
  });

  test('a space before every word where the configuration asks for one', () => {
    const folder = at('../__fixtures__/roberta-small');
    const files = filesOf(folder, ['vocab.json', 'merges.txt']);
    const plain = createTokenizer(files, folder);
    const spaced = createTokenizer(new Map([...files, ['tokenizer_config.json', '{"add_prefix_space":true}']]), folder);
    expect(plain.encode('movie')).not.toEqual(plain.encode(' movie'));
    expect(spaced.encode('movie')).toEqual(plain.encode(' movie'));
  });
});

describe('problems are said in one line', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mmolre-tokenizer-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('no files', async () => {
    await expect(loadTokenizer(folderPlace(folder))).rejects.toThrow(
      `${folder}: has no tokenizer; expected tokenizer.json, or vocab.json with merges.txt, or vocab.txt`,
    );
  });

  test.each([
    [
      'tokenizer.json',
      'version https://git-lfs',
      'expected a JSON object, found something else (cut short, or a git-lfs pointer?)',
    ],
    ['tokenizer.json', '[]', 'not a tokenizer that can be used: '],
    ['tokenizer.json', '{"model":{}}', 'not a tokenizer that can be used: '],
  ])('%s that is %s', async (name, content, problem) => {
    await writeFile(join(folder, name), content);
    await expect(loadTokenizer(folderPlace(folder))).rejects.toThrow(`${join(folder, name)}: ${problem}`);
    await rm(join(folder, name));
  });

  test('a vocabulary without its special tokens', () => {
    const vocab = { a: 0 };
    expect(() =>
      createTokenizer(
        new Map([
          ['vocab.json', JSON.stringify(vocab)],
          ['merges.txt', ''],
        ]),
        'x',
      ),
    ).toThrow(
      // biome-ignore format: short
      "x/vocab.json: has no id for the special token '<s>'",
    );
    expect(() => createTokenizer(new Map([['vocab.txt', 'a\nb\n']]), 'x')).toThrow(
      "x/vocab.txt: has no line for the special token '[PAD]'",
    );
  });
});
