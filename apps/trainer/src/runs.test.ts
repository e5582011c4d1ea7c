import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runApp } from './__fixtures__/run-app';
import {
  checkpointsOf,
  logOf,
  resultOf,
  startTrainer,
  TINY_STEPS,
  tinyArguments,
  writeTiny,
} from './__fixtures__/tiny-run';

// What becomes of a run's folder, by the built program on a real data set and real disks.

let folder: string;
let finished: ReturnType<typeof resultOf>;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-runs-')));
  writeTiny(folder);
  expect((await train('done')).code).toBe(0);
  finished = resultOf(run('done'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (name: string) => join(folder, 'runs', `${name}-seed1`);
/** Ends, by an error in one line if it fails. */
async function train(name: string, more: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const ended = await startTrainer(folder, [...tinyArguments(name), ...more], env).ended;
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  return ended;
}
/** Stops after so many lines of the log, as Ctrl-C does: an epoch's end has two of them, each step one. */
const stopAfter = (lines: number) => ({ MMOLRE_FAULT: `a line of the log is written:${lines}:SIGINT` });
const numbers = (name: string) => checkpointsOf(run(name));

describe('a run that is there', () => {
  test('is not trained again by the same command, and keeps its result', async () => {
    const { code, stderr } = await train('done');
    expect(code).toBe(0);
    expect(stderr).toContain('done-seed1 is already trained (--force trains it again)');
    expect(resultOf(run('done'))).toEqual(finished);
  });

  test.each<[string, string[], NodeJS.ProcessEnv, string]>([
    ['a field', ['--set', 'training.learningRate=0.01'], {}, 'training.learningRate: 0.001 there, 0.01 here'],
    ['an encoder', ['--set', 'model.text.width=24'], {}, 'model.text.width: 16 there, 24 here'],
    ['the backend', ['--backend', 'cpu'], {}, 'backend.name: "NAME" there, "cpu" here'],
    ['the threads', [], { TF_NUM_INTRAOP_THREADS: '1' }, 'backend.threads: THREADS there, 1 here'],
  ])('with another value of %s is refused by it, and left alone', async (what, more, env, expected) => {
    if (!existsSync(run('stopped'))) expect((await train('stopped', [], stopAfter(4))).code).toBe(130);
    const { name, threads } = JSON.parse(readFileSync(join(run('stopped'), 'run.json'), 'utf8')).identity.backend;
    if (what === 'the threads' && threads === 1) return console.warn(`${name} has one thread here: not tested`);
    const message = expected.replace('NAME', name).replace('THREADS', threads);
    const before = numbers('stopped');
    const { code, lastLine } = await train('stopped', more, env);
    expect(code).toBe(1);
    expect(lastLine).toContain(`stopped-seed1: a run of something else: ${message}`);
    expect(lastLine).toContain('--force moves it aside and starts again, --new takes another name');
    expect(numbers('stopped')).toEqual(before);
  });

  test('of other data is refused, whatever the data is called; the same data elsewhere is the same', async () => {
    cpSync(join(folder, 'data'), join(folder, 'moved'), { recursive: true });
    const moved = ['--data', 'moved'];
    expect((await train('done', moved)).stderr).toContain('is already trained');
    const labels = readFileSync(join(folder, 'moved/label.csv'), 'utf8');
    writeFileSync(join(folder, 'moved/label.csv'), labels.replaceAll(',-2,', ',2,'));
    expect((await train('done', moved)).lastLine).toContain('a run of something else: the data (its SHA-256): ');
    writeFileSync(join(folder, 'moved/label.csv'), labels);
    const recording = join(folder, 'moved/audio/3.wav');
    const bytes = readFileSync(recording);
    bytes[1000]! ^= 1;
    writeFileSync(recording, bytes);
    expect((await train('done', moved)).lastLine).toContain('a run of something else: the data (its SHA-256): ');
  });

  test('--force moves it aside, whole; --new takes another name', async () => {
    const other = ['--set', 'training.maxEpochs=1'];
    cpSync(run('done'), run('forced'), { recursive: true, verbatimSymlinks: true });
    const forced = await train('forced', ['--force', ...other]);
    expect(forced.stderr).toContain('forced-seed1: what was there is now forced-seed1.old');
    expect(resultOf(`${run('forced')}.old`)).toEqual(finished);
    expect(logOf(run('forced')).filter((line) => 'loss' in line)).toHaveLength(3);
    const stopped = await train('done', ['--new', ...other], stopAfter(2));
    expect(stopped.lastLine).toContain('it goes on by --name done-2 in place of --new');
    expect((await train('done-2', other)).stderr).toContain('done-2-seed1: goes on after step 2');
    expect(existsSync(join(run('done-2'), 'finished.json'))).toBe(true);
    expect(resultOf(run('done'))).toEqual(finished);
  });

  test('of another commit goes on with a warning', async () => {
    cpSync(run('stopped'), run('older'), { recursive: true, verbatimSymlinks: true });
    const record = JSON.parse(readFileSync(join(run('older'), 'run.json'), 'utf8'));
    record.sessions[0].code.commit = 'abc';
    writeFileSync(join(run('older'), 'run.json'), JSON.stringify(record));
    const { code, stderr } = await train('older');
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /warning: .*older-seed1: commit was "abc", is .*: that it ends as if never stopped is not promised/,
    );
    const { sessions } = JSON.parse(readFileSync(join(run('older'), 'run.json'), 'utf8'));
    expect(sessions).toHaveLength(2);
    expect(sessions[1]).toMatchObject({ fromStep: 3, toStep: TINY_STEPS, stopped: 'finished', host: hostname() });
  });
});

describe('a folder that is no run', () => {
  test('is never cleared: not a file of it, and not by --force', async () => {
    mkdirSync(join(run('mine'), 'audio'), { recursive: true });
    writeFileSync(join(run('mine'), 'audio/a.wav'), 'precious');
    for (const more of [[], ['--force']]) {
      const { code, lastLine } = await train('mine', more);
      expect(code).toBe(1);
      expect(lastLine).toContain('mine-seed1: expected the folder of a run, or none, found one without run.json');
    }
    expect(readFileSync(join(run('mine'), 'audio/a.wav'), 'utf8')).toBe('precious');
  });

  test('is not what a start leaves that was killed at once', async () => {
    mkdirSync(run('early'));
    writeFileSync(join(run('early'), 'run.json.77-abcd.tmp'), '{');
    expect((await train('early', ['--set', 'training.maxSteps=1'])).code).toBe(0);
    expect(readdirSync(run('early')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test.each(['../../x', 'a/b', '..', ''])('a name stays below --runs: %j', async (name) => {
    const { code, lastLine } = await train(name);
    expect(code).toBe(1);
    expect(lastLine).toContain('--name: expected the name of a folder below --runs');
  });

  test.each([
    ['a folder', (latest: string) => mkdirSync(join(latest, 'in'), { recursive: true }), true],
    ['a stale link', (latest: string) => symlinkSync('nothing', latest), false],
  ])('runs/latest as %s ends no run', async (_, make, warned) => {
    const runs = join(folder, `latest-${warned}`);
    mkdirSync(runs);
    make(join(runs, 'latest'));
    const { code, stderr } = await train('any', ['--runs', runs, '--set', 'training.maxSteps=1']);
    expect(code, stderr).toBe(0);
    expect(stderr.includes('latest does not point at this run')).toBe(warned);
  });
});

describe('going on', () => {
  test('after every step, also the first and the last of an epoch, it ends byte-equal to a run never stopped', async () => {
    // In one run: stopped after each step in turn, so that each process does a step and is stopped.
    for (let step = 1; step < TINY_STEPS; step++) {
      // The epoch's end, and its gates, are told before the step after it.
      const line = step > 1 && (step - 1) % 3 === 0 ? 3 : 1;
      const { code, stderr } = await train('steps', [], stopAfter(line));
      expect(code, stderr).toBe(130);
      if (step > 1) expect(stderr).toContain(`steps-seed1: goes on after step ${step - 1}`);
    }
    expect((await train('steps')).code).toBe(0);
    expect(resultOf(run('steps'))).toEqual(finished);
  });

  test('with decoding as training goes on and other checkpoints it is the same; leftovers of killed processes are swept', async () => {
    expect((await train('lazy', [], { ...stopAfter(4), MMOLRE_AUDIO_MEMORY: '0' })).code).toBe(130);
    mkdirSync(join(run('lazy'), 'checkpoints/tmp-000009-abc'));
    writeFileSync(join(run('lazy'), 'finished.json.1-ab.tmp'), '{');
    appendFileSync(join(run('lazy'), 'metrics.jsonl'), '{"event":"step","st');
    expect((await train('lazy', ['--keep', '4', '--save-every', '1'])).code).toBe(0);
    expect(resultOf(run('lazy'))).toEqual(finished);
    expect(readdirSync(run('lazy')).sort()).toEqual(readdirSync(run('done')).sort());
    expect(readdirSync(join(run('lazy'), 'checkpoints'))).toHaveLength(4);
  });

  test('never from a damaged checkpoint: it is named, and the one before is used', async () => {
    expect((await train('damaged', [], stopAfter(6))).code).toBe(130);
    const newest = numbers('damaged').at(-1)!;
    const file = join(run('damaged'), 'checkpoints', newest, 'training.safetensors');
    const bytes = readFileSync(file);
    bytes[bytes.length - 9]! ^= 4;
    writeFileSync(file, bytes);
    const verified = runApp('trainer', folder, ['verify', 'runs/damaged-seed1']);
    expect(verified.status).toBe(1);
    expect(verified.stdout).toMatch(new RegExp(`${newest} .*training.safetensors has changed since it was written`));

    const strict = await train('damaged', ['--strict-resume']);
    expect([strict.code, strict.lastLine]).toEqual([
      1,
      expect.stringContaining(
        `checkpoints/${newest}: training.safetensors has changed since it was written; without --strict-resume`,
      ),
    ]);
    const { code, stderr } = await train('damaged');
    expect(code).toBe(0);
    expect(stderr).toContain(`checkpoints/${newest}: training.safetensors has changed since it was written: not used`);
    expect(resultOf(run('damaged'))).toEqual(finished);
    expect(runApp('trainer', folder, ['verify', 'runs/damaged-seed1']).status).toBe(0);
  });

  test('where none is whole it never starts again by itself', async () => {
    expect((await train('gone', [], stopAfter(4))).code).toBe(130);
    for (const number of numbers('gone')) truncateSync(join(run('gone'), 'checkpoints', number, 'training.json'), 10);
    const { code, lastLine } = await train('gone');
    expect(code).toBe(1);
    expect(lastLine).toContain('and no other checkpoint is whole; --force moves the run aside and starts again');
    expect((await train('gone', ['--force', '--set', 'training.maxSteps=1'])).code).toBe(0);
    expect(readdirSync(join(folder, 'runs'))).toContain('gone-seed1.old');
  });

  test('a loss that is not finite stops it with the ids, keeps the state before, and tells the best model', async () => {
    const high = [
      '--set',
      'training.learningRate=1e30',
      '--set',
      'training.maxGradNorm=null',
      '--set',
      'training.warmupSteps=0',
    ];
    const { code, lastLine } = await train('high', high);
    expect(code).toBe(1);
    expect(lastLine).toMatch(/high-seed1: it has diverged after step \d+: .* not .*finite/);
    const last = logOf(run('high')).at(-1) as { event: string; ids: string[] };
    expect(last).toMatchObject({
      event: 'not-finite',
      ids: expect.arrayContaining([expect.stringMatching(/^v\d+\/0$/)]),
    });
    expect(runApp('trainer', folder, ['verify', 'runs/high-seed1']).status).toBe(0);
  });
});

describe('two processes', () => {
  test('one trains, the other is refused with its process, host and start', async () => {
    const first = startTrainer(folder, [...tinyArguments('two'), '--set', 'training.maxEpochs=1000']);
    const lock = join(folder, 'runs/.two-seed1.lock');
    while (!existsSync(lock)) await sleep(50);
    const { pid, start } = JSON.parse(readFileSync(lock, 'utf8'));
    const second = await train('two', ['--set', 'training.maxEpochs=1000']);
    expect(second.code).toBe(1);
    expect(second.lastLine).toContain(`held by process ${pid} on ${hostname()} since ${start}`);
    expect(pid).toBe(first.child.pid);
    first.child.kill('SIGKILL');
    await first.ended;
    // Its lock is taken over, as its process is gone.
    expect((await train('two', ['--set', 'training.maxEpochs=1000'], stopAfter(2))).code).toBe(130);
  });
});

describe.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')('a disk', () => {
  /** A disk of so many megabytes. */
  async function withDisk(megabytes: number, work: (disk: string) => Promise<void>) {
    const disk = join(folder, `disk-${megabytes}`);
    mkdirSync(disk);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk]).status).toBe(0);
    try {
      await work(disk);
    } finally {
      spawnSync('mount', ['-o', 'remount,rw', disk]);
      spawnSync('umount', [disk]);
    }
  }

  test('that is full ends it with one line, and leaves the last checkpoint whole; with room again it goes on', async () => {
    await withDisk(60, async (disk) => {
      const to = ['--runs', disk];
      const full = await train('full', to);
      expect(full.code).toBe(1);
      expect(full.lastLine).toMatch(/could not be written: .*no space left/i);
      const verified = runApp('trainer', folder, ['verify', join(disk, 'full-seed1'), '--json']);
      expect(verified.status, verified.stdout).toBe(0);
      expect(JSON.parse(verified.stdout).checkpoints.length).toBeGreaterThan(0);
      expect(spawnSync('mount', ['-o', 'remount,size=200m', disk]).status).toBe(0);
      expect((await train('full', to)).code).toBe(0);
      expect(resultOf(join(disk, 'full-seed1'))).toEqual(finished);
    });
  });

  test('that cannot be written, and a folder that is gone, are told in one line', async () => {
    await withDisk(200, async (disk) => {
      const to = ['--runs', disk];
      expect((await train('shut', to, stopAfter(4))).code).toBe(130);
      spawnSync('mount', ['-o', 'remount,ro', disk]);
      const shut = await train('shut', to);
      expect([shut.code, shut.lastLine]).toEqual([1, expect.stringMatching(/read-only file system/i)]);
    });
    const { child, ended } = startTrainer(folder, [...tinyArguments('deleted'), '--set', 'training.maxEpochs=1000']);
    while (!existsSync(join(run('deleted'), 'best'))) await sleep(50);
    renameSync(run('deleted'), join(folder, 'elsewhere')); // at once, whatever it is writing: deleting would race with that
    const { code, lastLine, stderr } = await ended;
    expect(code, stderr).toBe(1);
    expect(lastLine).toContain('deleted-seed1: its folder is gone');
    expect(stderr).not.toMatch(/^\s+at /m);
    child.kill();
  });
});

test.skipIf(process.platform !== 'linux').each([
  ['that may be open', 'ulimit -n 32', 'more files must be open at once (ulimit -n)'],
  ['whose size is limited', 'ulimit -f 4000', 'could not be written: larger than a file may be here'],
])('files %s end it with one line', (_, limit, message) => {
  const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
  const args = tinyArguments('limited').map((argument) => `'${argument}'`);
  const command = `${limit}; exec '${process.execPath}' '${program}' ${args.join(' ')}`;
  const { status, stderr } = spawnSync('bash', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, INIT_CWD: folder },
  });
  expect(status, stderr).toBe(1);
  expect(stderr.trim().split('\n').at(-1)).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test('Python reads the best weights, where it has safetensors', () => {
  const script = `import safetensors.numpy as s; print(len(s.load_file('${join(run('done'), 'best/model.safetensors')}')))`;
  const { status, stdout, stderr } = spawnSync('python3', ['-c', script], { encoding: 'utf8' });
  if (/No module named/.test(stderr)) return console.warn('Python has no safetensors: not tested');
  expect(status, stderr).toBe(0);
  expect(Number(stdout)).toBeGreaterThan(50);
});
