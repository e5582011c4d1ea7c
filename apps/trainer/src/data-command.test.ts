import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

// The built program, run as a user runs it.

const app = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-data-cli-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = (...args: string[]) => run('data', ...args);

function run(...args: string[]) {
  const env = { ...process.env, INIT_CWD: folder };
  const { status, stdout, stderr } = spawnSync(process.execPath, [app, ...args], {
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
  const { status, stdout, stderr } = data('inspect', 'one', '--max-lost', '25 %');
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
  expect([good.status, good.stdout]).toEqual([
    0,
    expect.stringMatching(/0 errors, 1 warnings\nwarning \(short-audio\): /),
  ]);
  expect(good.stdout).toContain('1 recordings, 0.00 hours');
  makeData('three');
  expect(data('validate', 'three').status).toBe(1);
});

test('prepare makes a folder to train on and says what it skipped and what is worth a look', () => {
  makeData('four');
  const { status, stdout, stderr } = data('prepare', 'four', '--max-lost', '25');
  const out = join(folder, 'four-prepared');
  expect([status, stdout]).toEqual([
    0,
    `${out}: 3 samples; 1 recordings made, 0 already there; 1 skipped\nwhat was skipped and why: ${out}/skipped.csv\n`,
  ]);
  expect(stderr).toMatch(
    /^short-audio, recordings: 1, such as .*a\.wav: only 0\.0003 seconds of sound, 4 samples; remarks\.csv lists them$/m,
  );
  expect(readFileSync(join(out, 'skipped.csv'), 'utf8')).toMatch(/^,label\.csv,5,.*column label: expected a number/m);
  expect(data('validate', 'four-prepared').status).toBe(0);
});

test('an unknown folder ends in one line', () => {
  const { status, stdout, stderr } = data('inspect', 'nowhere');
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toBe(`trainer: ${join(folder, 'nowhere')}: no such folder; expected a folder with a data set\n`);
});

// Situations from the field, each with files of our own.

const turns = (name: string) => [1, 2, 3].map((n) => `${name}_F00${n} [00${n}.1000-00${n}.9000]: Words, é.\n`).join('');
const judged = (name: string) => [1, 2, 3].map((n) => `[${n}.1 - ${n}.9]\t${name}_F00${n}\tneu\t[2, 2, 2]\n`).join('');

function writeFiles(name: string, files: Record<string, string | Uint8Array>) {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name, file)), { recursive: true });
    writeFileSync(join(folder, name, file), content);
  }
}

test('one transcript of two in UTF-16 costs nothing', () => {
  const files = [1, 2].flatMap((n): [string, string | Uint8Array][] => {
    const name = `Ses0${n}F_impro01`;
    const text = turns(name);
    return [
      [`Session${n}/dialog/transcriptions/${name}.txt`, n === 1 ? text : Buffer.from(`\ufeff${text}`, 'utf16le')],
      [`Session${n}/dialog/EmoEvaluation/${name}.txt`, judged(name)],
    ];
  });
  writeFiles('iemocap', Object.fromEntries(files));
  const { status, stdout } = data('prepare', 'iemocap');
  expect([status, stdout]).toEqual([0, expect.stringContaining(': 6 samples; ')]);
});

test('an empty file of three: the others are there, the loss is said, and it is no success', () => {
  writeFiles('goemotions', { 'train.tsv': 'one\t5\ta\ntwo\t3\tb\n', 'dev.tsv': 'three\t5\tc\n', 'test.tsv': '' });
  const lost = data('prepare', 'goemotions');
  expect([lost.status, lost.stdout]).toEqual([1, expect.stringContaining(': 3 samples; ')]);
  expect(lost.stderr).toBe('2 of 5 samples are lost; --max-lost allows 1 %\n');
  expect(readFileSync(join(folder, 'goemotions-prepared/skipped.csv'), 'utf8')).toContain(
    'test.tsv: the file is empty',
  );
  expect(data('prepare', 'goemotions', '--max-lost', '50').status).toBe(0);
  const out = join(folder, 'unified.csv');
  makeData('targets', 'v4,1,bad,0,train,a.wav');
  const args = ['--targets', 'targets', '--source', 'goemotions', '--out', out, '--model', 'nowhere'];
  const unify = run('unify', ...args);
  expect(unify.status).toBe(1);
  expect(unify.stderr).toContain('goemotions/test.tsv: the file is empty: 2 of 5 samples are lost');
});

test('semicolons are one cause, without a line for every recording', () => {
  makeData('semicolons');
  const path = join(folder, 'semicolons/label.csv');
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(',', ';'));
  const { status, stdout } = data('validate', 'semicolons');
  expect(status).toBe(1);
  expect(stdout.match(/^(error|warning) .*$/gm)).toEqual([
    `error (unreadable): ${path}, line 1: expected commas between the columns, found semicolons; save it as CSV with commas`,
  ]);
});

test('nothing left is no success', () => {
  writeFiles('nothing', { 'train.tsv': '', 'dev.tsv': '' });
  const { status, stdout } = data('inspect', 'nothing');
  expect([status, stdout]).toEqual([1, expect.stringContaining('train.tsv: the file is empty')]);
  expect(data('prepare', 'nothing', '--max-lost', '100').status).toBe(1);
});

test('recordings behind a link to another disk', () => {
  makeData('linked', 'v4,1,bad,0,train,Raw/b.wav');
  mkdirSync(join(folder, 'disk'));
  writeFileSync(join(folder, 'disk/b.wav'), readFileSync(join(folder, 'linked/a.wav')).fill(1, 44));
  symlinkSync(join(folder, 'disk'), join(folder, 'linked/Raw'));
  const refused = data('validate', 'linked');
  expect([refused.status, refused.stdout]).toEqual([
    1,
    expect.stringContaining('a link that leads out of it; --follow-links allows it'),
  ]);
  const allowed = data('validate', 'linked', '--follow-links');
  expect([allowed.status, allowed.stdout]).toEqual([0, expect.stringContaining('no problems')]);
});

test('a layout that is nearly there says what is missing', () => {
  const name = 'Ses01F_impro01';
  writeFiles('almost', { [`Session1/dialog/EmoEvaluation/${name}.txt`]: judged(name) });
  expect(data('inspect', 'almost').stderr).toBe(
    `trainer: ${join(folder, 'almost')}: looks like iemocap, but for its transcripts: Session1/dialog/transcriptions/*.txt\n`,
  );
});
