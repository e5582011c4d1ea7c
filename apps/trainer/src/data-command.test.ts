import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

// The built program, run as a user runs it.

const app = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-data-cli-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function data(...args: string[]) {
  const env = { ...process.env, INIT_CWD: folder };
  const { status, stdout, stderr } = spawnSync(process.execPath, [app, 'data', ...args], {
    encoding: 'utf8',
    env,
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** Four samples of which the last has no label that can be read, and one recording for all. */
function makeData(name: string, last = 'v4,1,bad,7,test,a.wav') {
  const path = join(folder, name);
  mkdirSync(path);
  const rows = ['v1,1,good,1,train,a.wav', 'v2,1,bad,-1,train,a.wav', 'v3,1,so so,0,train,', last];
  writeFileSync(join(path, 'label.csv'), ['video_id,clip_id,text,label,mode,audio', ...rows, ''].join('\n'));
  const wav = Buffer.from('524946462c000000574156456d6f6c72', 'hex');
  wav.write('fmt ', 12);
  const format = Buffer.from('1000000001000100803e0000007d00000200100064617461080000000000ff1f000001e0', 'hex');
  writeFileSync(join(path, 'a.wav'), Buffer.concat([wav, format]));
}

test('inspect prints counts and problems, and as JSON the whole', () => {
  makeData('one');
  const { status, stdout, stderr } = data('inspect', 'one');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`${join(folder, 'one')}: layout label-folder`);
  expect(stdout).toMatch(/^samples +3 +3$/m);
  expect(stdout).toContain(
    `error (label-range): ${join(folder, 'one')}/label.csv, line 5, column label: expected a number from -3 to 3 or nothing, found "7"`,
  );
  const json = JSON.parse(data('inspect', 'one', '--json', '--corpus', 'mosi').stdout);
  expect(json).toMatchObject({ layout: 'label-folder', corpus: 'mosi', splits: ['train'] });
  expect(json.problems).toHaveLength(1);
  expect(json.counts[0]).toMatchObject({
    kind: 'samples',
    found: { all: 3 },
    published: { train: 1_284, valid: 229, test: 686 },
  });
});

test('validate reads headers and says by its exit code whether there are errors', () => {
  makeData('two', 'v4,1,bad,-3,train,a.wav');
  const good = data('validate', 'two', '--deep');
  expect([good.status, good.stdout]).toEqual([0, expect.stringContaining('no problems')]);
  expect(good.stdout).toContain('1 recordings, 0.00 hours');
  makeData('three');
  expect(data('validate', 'three').status).toBe(1);
});

test('prepare makes a folder to train on and says what it skipped', () => {
  makeData('four');
  const { status, stdout } = data('prepare', 'four');
  const out = join(folder, 'four-prepared');
  expect([status, stdout]).toEqual([
    0,
    `${out}: 3 samples; 1 recordings made, 0 already there; 1 skipped\nwhat was skipped and why: ${out}/skipped.csv\n`,
  ]);
  expect(readFileSync(join(out, 'skipped.csv'), 'utf8')).toMatch(/^,label\.csv,5,.*column label: expected a number/m);
  expect(data('validate', 'four-prepared').status).toBe(0);
});

test('an unknown folder ends in one line', () => {
  const { status, stdout, stderr } = data('inspect', 'nowhere');
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toBe(`trainer: ${join(folder, 'nowhere')}: no such folder; expected a folder with a data set\n`);
});
