import fc from 'fast-check';
import iconv from 'iconv-lite';
import { expect, test } from 'vitest';
import { temporaryFolders } from '../__fixtures__/temporary-folders';
import { openCorpusFolder } from '../corpus-folder';
import type { Problem } from '../problem';
import { readTextFile } from './text-file';

const folderOf = temporaryFolders();

async function read(bytes: Uint8Array, options: { encoding?: string; known?: string } = {}) {
  const folder = await openCorpusFolder(await folderOf({ 'a.txt': bytes }), { encoding: options.encoding });
  const problems: Problem[] = [];
  const { text, badLines } = await readTextFile(folder, 'a.txt', (found) => problems.push(found), options.known);
  const messages = problems.map(({ message }) => message.replace(`${folder.shown}/`, ''));
  return { text, badLines: [...badLines], messages };
}

const TEXT = 'She said “no” – twice.\nDon’t!\nplain\n';
const CHINESE = '我觉得这个电影很好看。\n不错\nplain\n';

test.each([
  ['UTF-8', 'utf-8', false],
  ['UTF-8 with a mark', 'utf-8', true],
  ['UTF-16, little end first, with a mark', 'utf-16le', true],
  ['UTF-16, big end first, with a mark', 'utf-16be', true],
])('%s', async (_, encoding, addBOM) => {
  for (const text of [TEXT, CHINESE])
    expect(await read(iconv.encode(text, encoding, { addBOM }))).toEqual({ text, badLines: [], messages: [] });
});

test('UTF-16 without a mark, where it is plain', async () => {
  const text = 'a line of letters\nand another\n';
  for (const encoding of ['utf-16le', 'utf-16be'])
    expect((await read(iconv.encode(text, encoding, { addBOM: false }))).text).toBe(text);
});

test.each([
  ['windows-1252', TEXT, [1, 2]],
  ['gbk', CHINESE, [1, 2]],
])('%s is named, and read where the user says so', async (encoding, text, lines) => {
  const bytes = iconv.encode(text, encoding);
  const found = await read(bytes);
  expect(found.badLines).toEqual(lines);
  const advice = `it looks like ${encoding}: say --encoding ${encoding}, or save it as UTF-8`;
  expect(found.messages).toEqual(
    lines.map((line) => `a.txt, line ${line}: expected UTF-8, found another encoding; ${advice}`),
  );
  expect(await read(bytes, { encoding })).toEqual({ text, badLines: [], messages: [] });
  expect(await read(bytes, { known: encoding })).toEqual({
    text,
    badLines: [],
    messages: [`a.txt: no UTF-8: read as ${encoding}, as files of this data set are`],
  });
});

test('of a mixed file only the lines that are no UTF-8 are read by the encoding', async () => {
  const bytes = Buffer.concat([Buffer.from('“as UTF-8”\n'), iconv.encode('“as the other”\n', 'windows-1252')]);
  expect((await read(bytes, { encoding: 'windows-1252' })).text).toBe('“as UTF-8”\n“as the other”\n');
});

test('every byte of windows-1252 that has a character', async () => {
  const bytes = Buffer.from([0x80, 0x82, 0x85, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x99, 0x9f, 0xe9]);
  expect((await read(bytes, { encoding: 'windows-1252' })).text).toBe('€‚…‘’“”•–—™Ÿé');
});

test('C1 control characters are remarked on', async () => {
  const { text, messages } = await read(Buffer.from('fine\nDon\u0092t\n'));
  expect(text).toBe('fine\nDon\u0092t\n');
  expect(messages).toEqual([
    'a.txt, line 2: holds the control character U+0092; it was probably windows-1252 read as Latin-1',
  ]);
});

test('bytes of any kind end in text and lines that are told', () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      const { text, badLines } = await read(bytes);
      const lines = text.split(/\r\n|\r|\n/);
      expect(badLines.every((line) => line >= 1 && line <= lines.length)).toBe(true);
    }),
    { numRuns: 60 },
  ));

test('a text that is UTF-8 is read as it is, whatever encoding is named', () =>
  fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), async (text) => {
      fc.pre(!/\0/.test(text) && text.trim() !== '' && !text.startsWith('\ufeff'));
      expect((await read(Buffer.from(text), { encoding: 'gbk' })).text).toBe(text);
    }),
    { numRuns: 60 },
  ));

test('an encoding that there is not', async () => {
  await expect(read(Buffer.from('a'), { encoding: 'klingon' })).rejects.toThrow(
    'encoding: expected one such as utf-8, windows-1252 or gbk, found "klingon"',
  );
});
