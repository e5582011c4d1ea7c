import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { loadLance } from './search/load-lance';
import { readUnifiedCsv } from './unified-csv';

// The built program, run as a user runs it; with a tiny BERT of random weights, so that only the paths count, not the labels.

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const goEmotions = path('./__fixtures__/goemotions');
const model = [
  '--model',
  path('../../encoders/src/__fixtures__/bert-small'),
  '--backend',
  'wasm',
  '--cache',
  'vectors',
];
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mmolre-unify-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const absent = await loadLance().then(
  () => undefined,
  (error: Error) => error.message,
);
if (absent) console.warn(`--index lancedb is not tested: ${absent}`);

function unify(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path('../bin/mmolre-unify.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

mkdirSync(join(folder, 'reviews'));
writeFileSync(
  join(folder, 'reviews/label.csv'),
  `video_id,clip_id,text,label,mode
v1,1,a wonderful film,2,train
v1,2,"dull, <b>slow</b>",-1.5,train
v2,1,so so,0,train
v2,2,nobody rated this,,train
v3,1,terrible,-3,valid
v4,1,nice,1,test
`,
);

test('a label folder in, a CSV file and a report out; training samples only', async () => {
  const { status, stdout, stderr } = unify('--targets', 'reviews', '--source', goEmotions, ...model, '--json');
  expect([status, stderr.includes('source goemotions: ')]).toEqual([0, true]);
  const [out, report] = ['unified.csv', 'unified.html'].map((name) => join(folder, name));
  expect(JSON.parse(stdout)).toEqual({ labels: out, report, targets: 3, labelled: 3, evaluationSplits: false });
  const rows = await readUnifiedCsv(out!);
  expect(rows.map(({ targetId, split }) => [targetId, split])).toEqual([
    ['v1/1', 'train'],
    ['v1/2', 'train'],
    ['v2/1', 'train'],
  ]);
  // By GoEmotions' groups, positive is happiness and neutral none.
  expect([rows[0]!.emotions, rows[2]!.emotions]).toEqual([['happiness'], []]);
  const page = readFileSync(report!, 'utf8');
  expect(page).toContain('dull, &lt;b&gt;slow&lt;/b&gt;');
  expect(page).toContain('reviews: 3 samples; 1 without sentiment left out');
  expect(page).toContain('<td>not labelled</td>');
  expect(page).not.toContain('class="warning"');
});

test('the other splits only by a flag, which the report and the terminal repeat', async () => {
  const args = ['--targets', 'reviews', '--source', `go=${goEmotions}`, ...model, '--out', 'all.csv'];
  const { status, stderr } = unify(...args, '--evaluation-splits');
  expect([status, stderr.includes('warning: validation and test samples have unified labels')]).toEqual([0, true]);
  const rows = await readUnifiedCsv(join(folder, 'all.csv'));
  expect(rows.map(({ split }) => split)).toEqual(['train', 'train', 'train', 'valid', 'test']);
  expect(rows[0]!.sourceId).toMatch(/^go:/);
  expect(readFileSync(join(folder, 'all.html'), 'utf8')).toContain(
    '<strong>2 validation and test samples have unified labels',
  );
});

test('check: how well emotions are found that are known', () => {
  const args = ['--targets', goEmotions, '--source', goEmotions, ...model];
  const { status, stdout } = unify('check', ...args, '--source-splits', 'train', '--json');
  expect(status).toBe(0);
  const reports = JSON.parse(stdout) as { polarity: string; mostFrequent: { meanRecall: number } }[];
  expect(reports.map(({ polarity }) => polarity)).toEqual(['negative', 'neutral', 'positive']);
  expect(reports[0]!.mostFrequent.meanRecall).toBe(0.25);
  const same = unify('check', ...args);
  expect([same.status, same.stderr.split('\n').at(-2)]).toEqual([
    1,
    `mmolre-unify: source ${goEmotions}: these are the targets themselves (valid); search other splits by --source-splits`,
  ]);
});

test.skipIf(absent)(
  'sources on disk: the same labels as in memory, said on the terminal and in the report',
  async () => {
    const args = ['--targets', 'reviews', '--source', goEmotions, ...model, '--rule', 'unimse', '--out'];
    const agreement = { compared: 2, of: 2, equalLabels: 2, equalSources: 2 };
    const line = 'all 2 labels and all 2 sources are those of exact search';
    expect(unify(...args, 'memory.csv').status).toBe(0);
    for (const kind of ['lancedb', 'lancedb', 'lancedb-approximate']) {
      const { status, stdout, stderr } = unify(...args, 'disk.csv', '--index', `${kind}=tables`, '--json');
      expect([status, stderr.includes(`index: ${line}\n`)], stderr).toEqual([0, true]);
      expect(JSON.parse(stdout)).toMatchObject({ labelled: 3, agreement });
      expect(readFileSync(join(folder, 'disk.csv'), 'utf8')).toBe(readFileSync(join(folder, 'memory.csv'), 'utf8'));
      expect(readFileSync(join(folder, 'disk.html'), 'utf8')).toContain(line);
    }
    expect(readdirSync(join(folder, 'tables')).sort()).toEqual([
      'negative-goemotions.lance',
      'positive-goemotions.lance',
    ]);
  },
);

test('what is wrong is one line', () => {
  const lines = (...args: string[]) => unify(...args).stderr;
  expect(lines()).toContain('mmolre-unify: expected --targets <folder> and at least one --source <folder>');
  expect(lines('--targets', 'nowhere', '--source', goEmotions, ...model)).toContain('no such folder');
  expect(lines('--targets', 'reviews', '--source', goEmotions, '--source', goEmotions, ...model)).toContain(
    "there is a source 'goemotions' already; write another name=folder",
  );
  expect(lines('--targets', 'reviews', '--source', goEmotions, '--threshold', 'high')).toContain(
    'expected a number from -1 to 1',
  );
  expect(lines('--targets', 'reviews', '--source', goEmotions, '--source-splits', 'dev')).toContain(
    'expected some of train,valid,test',
  );
  expect(lines('--targets', 'reviews', '--source', goEmotions, '--index', 'disk')).toContain(
    'expected exact, lancedb=<folder> or lancedb-approximate=<folder>, found disk',
  );
});
