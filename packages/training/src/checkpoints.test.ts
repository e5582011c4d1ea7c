import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type CheckpointState,
  checkpointFault,
  checkpointFolder,
  checkpointNumbers,
  keepCheckpoints,
  newestCheckpoint,
  pointBest,
  putAside,
  saveCheckpoint,
  sweep,
} from './checkpoints';

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'mmolre-checkpoints-'));
});
afterEach(() => rmSync(run, { recursive: true, force: true }));

const state = (step: number, best: CheckpointState['best']): CheckpointState => ({
  position: { epoch: 1, batch: step, step, lossSum: step / 3 },
  best,
  adam: { 'heads.weight': [step, 0] },
  average: { steps: step, waiting: 1 },
  logBytes: 100 * step,
  seconds: step,
});

/** Makes the next checkpoint, of so many steps, with files of some bytes. */
const save = (step: number, best: CheckpointState['best'] = null) =>
  saveCheckpoint(run, async (folder) => {
    await mkdir(join(folder, 'text'));
    await writeFile(join(folder, 'text/tokenizer.json'), `{"step":${step}}`);
    await writeFile(
      join(folder, 'model.safetensors'),
      Buffer.from(Array.from({ length: 300 }, (_, i) => (i * step) % 251)),
    );
    await writeFile(join(folder, 'training.json'), JSON.stringify(state(step, best)));
  });

/** The newest that is used, and what was told. */
async function newest(strict = false) {
  const told: string[] = [];
  const found = await newestCheckpoint(run, { strict, log: (line) => told.push(line) });
  return { found, told };
}

test('are numbered on, and read back as they were', async () => {
  expect((await newest()).found).toBeUndefined();
  expect([await save(3), await save(6, { checkpoint: 2, epoch: 1, score: 0.5 })]).toEqual([1, 2]);
  const { found, told } = await newest();
  expect(found).toEqual({
    number: 2,
    folder: checkpointFolder(run, 2),
    state: state(6, { checkpoint: 2, epoch: 1, score: 0.5 }),
  });
  expect(told).toEqual([]);
});

test('a save that fails leaves the others as they were, and the next one is made all the same', async () => {
  await save(1);
  const full = saveCheckpoint(run, async (folder) => {
    await writeFile(join(folder, 'model.safetensors'), 'half');
    throw new Error('no space left');
  });
  await expect(full).rejects.toThrow('no space left');
  expect(readdirSync(join(run, 'checkpoints'))).toEqual(['000001']);
  expect(await save(2)).toBe(2);
  expect((await newest()).found!.number).toBe(2);
});

test('the others go; what a kill left is swept; damaged ones are put aside; best points at one', async () => {
  for (const step of [1, 2, 3, 4]) await save(step);
  await keepCheckpoints(run, [1, 4]);
  expect(checkpointNumbers(run)).toEqual([1, 4]);
  cpSync(checkpointFolder(run, 1), join(run, 'checkpoints/tmp-gone-3'), { recursive: true });
  writeFileSync(join(run, 'run.json.12-ab.tmp'), '{');
  await sweep(run);
  await putAside(run, 1);
  expect(readdirSync(join(run, 'checkpoints')).sort()).toEqual(['000001', 'damaged-000004']);
  await pointBest(run, 1);
  expect(readlinkSync(join(run, 'best'))).toBe(join('checkpoints', '000001'));
  expect(existsSync(join(run, 'best/training.json'))).toBe(true);
  expect(readdirSync(run).sort()).toEqual(['best', 'checkpoints']);
});

describe('a damaged one is never used, is named with its file, and the one before is', () => {
  const files = ['model.safetensors', 'text/tokenizer.json', 'training.json', 'manifest.json'];

  test.each(files)('%s, whichever byte is another', async (file) => {
    await save(1);
    await save(2);
    const path = join(checkpointFolder(run, 2), file);
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 60))) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << (at % 7);
      writeFileSync(path, changed);
      const { found, told } = await newest();
      // Of the manifest some bytes say nothing: white space, a name for a name that is not there.
      if (file === 'manifest.json' && found!.number === 2) continue;
      expect(found!.number, `byte ${at}`).toBe(1);
      expect(told).toEqual([expect.stringContaining(checkpointFolder(run, 2))]);
      if (file !== 'manifest.json') expect(told[0]).toContain(`: ${file} has changed since it was written`);
    }
  });

  test('cut off at any length', async () => {
    await save(1);
    await save(2);
    const path = join(checkpointFolder(run, 2), 'model.safetensors');
    const bytes = readFileSync(path);
    for (let length = 0; length < 64; length++) {
      writeFileSync(path, bytes.subarray(0, Math.floor((length * bytes.length) / 64)));
      const { found, told } = await newest();
      expect([found!.number, told.length]).toEqual([1, 1]);
      expect(told[0]).toMatch(/model.safetensors has \d+ bytes, expected 300: not used$/);
    }
  });

  test.each<[string, (folder: string) => void, string]>([
    ['a file is gone', (folder) => rmSync(join(folder, 'text/tokenizer.json')), 'text/tokenizer.json is missing'],
    [
      'a folder is gone',
      (folder) => rmSync(join(folder, 'text'), { recursive: true }),
      'text/tokenizer.json is missing',
    ],
    [
      'the manifest is gone',
      (folder) => rmSync(join(folder, 'manifest.json')),
      'manifest.json is missing or cannot be read',
    ],
    [
      'the manifest is null',
      (folder) => writeFileSync(join(folder, 'manifest.json'), 'null'),
      'manifest.json is missing',
    ],
    [
      'the manifest names a file outside',
      (folder) => writeFileSync(join(folder, 'manifest.json'), '{"files":{"../../../etc/passwd":{"bytes":1}}}'),
      '../../../etc/passwd is missing',
    ],
    [
      'the manifest leaves out the state, which is cut',
      (folder) => {
        writeFileSync(join(folder, 'manifest.json'), '{"files":{}}');
        writeFileSync(join(folder, 'training.json'), '{"position":');
      },
      'training.json: expected JSON',
    ],
    [
      'the state has a step below 0',
      (folder) => {
        writeFileSync(join(folder, 'manifest.json'), '{"files":{}}');
        writeFileSync(join(folder, 'training.json'), JSON.stringify({ ...state(2, null), logBytes: -1 }));
      },
      'training.json: logBytes: ',
    ],
  ])('%s', async (_, damage, fault) => {
    await save(1);
    await save(2);
    damage(checkpointFolder(run, 2));
    expect(await checkpointFault(run, 2)).toContain(fault);
    const { found, told } = await newest();
    expect([found!.number, told]).toEqual([1, [expect.stringContaining(fault)]]);
    await expect(newest(true)).rejects.toThrow(/without --strict-resume the one before is used$/);
  });

  test('nor is one whose best model is damaged', async () => {
    const best = { checkpoint: 2, epoch: 1, score: 1 };
    await save(1, { checkpoint: 1, epoch: 1, score: 2 });
    await save(2, best);
    await save(3, best);
    rmSync(join(checkpointFolder(run, 2), 'model.safetensors'));
    const { found, told } = await newest();
    expect(found!.number).toBe(1);
    expect(told[0]).toContain('000002: model.safetensors is missing, and it is the best model of 3');
    rmSync(checkpointFolder(run, 1), { recursive: true });
    await expect(newest()).rejects.toThrow(
      'no other checkpoint is whole; --force moves the run aside and starts again',
    );
  });
});
