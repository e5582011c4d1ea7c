import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '@mmolre/files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMmsaPickle } from './mmsa-pickle';

const fixture = (name: string) => new URL(`../__fixtures__/corpora/${name}`, import.meta.url).pathname;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mmolre-pickle-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function refusal(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(join(folder, name), bytes);
  const error = await readMmsaPickle(join(folder, name), { shown: name, deadlineSeconds: 10 }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

test.each([2, 3, 4, 5])('reads protocol %i', async (protocol) => {
  const samples = await readMmsaPickle(fixture(`features-${protocol}.pkl`));
  expect(samples.map(({ id, split }) => `${split} ${id}`)).toEqual([
    'train vid_train/1',
    'train vid_train/2',
    'train vid_train/3',
    'valid vid_valid/1',
    'test vid_test/1',
    'test vid_test/2',
  ]);
  expect(samples[1]).toMatchObject({
    videoId: 'vid_train',
    clipId: '2',
    text: 'train text 1, café',
    sentiment: -2,
    audioLength: 3,
    visionLength: 4,
  });
  expect(samples[1]!.origin!.sentiment).toMatch(/pkl, train, row 1$/);
  const { text, textBert, audio, vision } = samples[1]!.features;
  expect([text, textBert, audio, vision].map((feature) => feature!.shape)).toEqual([
    [4, 3],
    [3, 4],
    [4, 2],
    [4, 2],
  ]);
  // As numpy shows them.
  expect([...(await audio!.read())]).toEqual([-2, -1, -1, 1.25, 1.5, -2, -0.25, 1.25]);
  expect([...(await vision!.read())]).toEqual([0, 1.75, 1, 1, 0.75, 0.25, -0.75, 1.75]);
  expect([...(await textBert!.read())]).toEqual([6, 4, 5, 7, 6, 3, 5, 5, 0, 0, 5, 3]);
  // -inf stands there.
  expect((await samples[0]!.features.audio!.read())[0]).toBe(0);
});

test('leaves long arrays in the file until they are read', async () => {
  const header = await readFile(fixture('features-4.pkl'));
  expect(header.length).toBeLessThan(16_384);
  const samples = await readMmsaPickle(fixture('long.pkl'));
  const [first, second] = samples;
  expect((await first!.features.audio!.read()).slice(0, 3)).toEqual(new Float32Array([0, 1, 2]));
  expect((await second!.features.audio!.read())[0]).toBe(5_000);
  expect(second!.features.audio!.shape).toEqual([50, 100]);
});

test.each([2, 4])('refuses a pickle that would run code, protocol %i, and nothing runs', async (protocol) => {
  await expect(readMmsaPickle(fixture(`runs-code-${protocol}.pkl`))).rejects.toThrow(
    /refused: it would run "(__builtin__|io|_io|builtins)\.open"; only numpy arrays/,
  );
  expect(existsSync('pickle-ran-code')).toBe(false);
});

test('refuses what is cut off, claims more than there is, or is something else', async () => {
  const good = await readFile(fixture('features-4.pkl'));
  expect(await refusal('cut.pkl', good.subarray(0, 900))).toMatch(/^cut\.pkl: (truncated or )?damaged/);
  // BINBYTES8 of 2^60 bytes; BINBYTES of -16; a text of 4 GB.
  expect(await refusal('a.pkl', Buffer.from('8004' + '8e0000000000000010' + '2e', 'hex'))).toMatch(
    /bytes are announced, 1 are there/,
  );
  expect(await refusal('b.pkl', Buffer.from('8004' + '42f0ffffff' + '2e', 'hex'))).toMatch(/-16 bytes are announced/);
  expect(await refusal('c.pkl', Buffer.from('8004' + '58ffffffff' + '2e', 'hex'))).toMatch(
    /a text of 4294967295 bytes/,
  );
  expect(await refusal('d.pkl', Buffer.from('version https://git-lfs.github.com/spec/v1\noid x\n'))).toMatch(
    /d\.pkl: a Git LFS pointer/,
  );
  expect(await refusal('e.pkl', Buffer.from('8004' + '5d' + '2e', 'hex'))).toBe(
    'e.pkl: expected a dictionary of train, valid and test',
  );
  expect(await refusal('f.pkl', Buffer.from('hello'))).toMatch(/f\.pkl: damaged, or no pickle/);
});

test('refuses an array whose shape asks for other bytes than there are', async () => {
  const good = await readFile(fixture('features-2.pkl'));
  const shape = good.indexOf(Buffer.from('4b034b044b0287', 'hex')); // (3, 4, 2) of the training audio
  expect(shape).toBeGreaterThan(0);
  const forged = Buffer.from(good);
  forged[shape + 3] = 200;
  expect(await refusal('forged.pkl', forged)).toMatch(/the shape \[3, 200, 2\] asks for 4800 bytes, 96 are there/);
});
