import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { useBackend } from '@mmolre/backend';
import { fetchMiniLm, findPlace } from '@mmolre/encoders/node';
import { createModel } from '@mmolre/model';
import { compact, saveModel } from '@mmolre/training';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveFolders } from './browser/serve-folders';
import { repository } from './copy-repository';
import { readWorkspace } from './workspace.mjs';

// Every example of the README, the documentation and the packages' READMEs runs as it stands, in a process and a folder of its own; what an example
// takes as given is there in small. What is not run is named here, with the reason.

/** Page, words of the block, reason. */
const NOT_RUN = [
  [
    'packages/backend/README.md',
    'useWebBackend',
    'is for a browser: backend/web is tested by the suites in checks/src/browser',
  ],
  [
    'packages/backend/README.md',
    'describeEachBackend',
    'is a suite for vitest; those of nn, moe and others are such suites',
  ],
  [
    'packages/label-unification/README.md',
    'createLanceIndex',
    'has targets, sources and an encoder that the page made elsewhere',
  ],
] as const;

/** Shell blocks that are run, a line each, in the folder of the example. */
const SHELL_RUN = ['pnpm --silent --filter trainer start cost --preset paper-mosei'];
const TRAINER_OR_EVAL = /^(?:for .*do )?pnpm (?:--silent )?--filter (trainer|eval) start(.*)/;
/** Commands of shell blocks that are neither of the trainer nor of eval, and why they are not run. */
const SHELL_NOT_RUN: [RegExp, string][] = [
  [/^(npm (start|test)|pnpm bench)\b/, 'take minutes; .ci/run runs npm start and npm test'],
  [
    /^(npm install|npx @mmolre\/backend) /,
    'change the machine; packages are packed and installed by tests of their own',
  ],
  [
    /^npx @mmolre\/(label-unification|metrics|trainer|eval) |^node bin\/metrics\.js /,
    'read corpora or files that are not in the repository; tested in their packages',
  ],
];

const pages = execFileSync('git', ['ls-files', 'README.md', 'docs/*.md', 'packages/*/README.md', 'apps/*/README.md'], {
  cwd: repository,
  encoding: 'utf8',
})
  .trim()
  .split('\n');
const blocks = pages.flatMap((page) =>
  [...readFileSync(join(repository, page), 'utf8').matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => ({
    page,
    language: language!,
    code: code!,
  })),
);
const examples = blocks.filter(({ language }) => /^(js|ts)$/.test(language));
const isLeftOut = ({ page, code }: { page: string; code: string }) =>
  NOT_RUN.some(([at, words]) => at === page && code.includes(words));
const run = promisify(execFile);

describe('the examples', () => {
  const root = mkdtempSync(join(tmpdir(), 'mmolre-docs-'));
  let hasMiniLm: boolean;
  let server: Awaited<ReturnType<typeof serveFolders>>;

  beforeAll(async () => {
    const modules = join(root, 'node_modules');
    for (const { folder, manifest } of readWorkspace(repository))
      link(join(repository, folder), join(modules, manifest.name));
    const tfjs = join(repository, 'checks/node_modules/@tensorflow');
    for (const name of readdirSync(tfjs)) link(join(tfjs, name), join(modules, '@tensorflow', name));
    const fixtures = join(repository, 'packages/encoders/src/__fixtures__');
    cpSync(join(fixtures, 'onnx-roberta'), join(root, 'given/models/roberta'), { recursive: true });
    cpSync(join(fixtures, 'onnx-data2vec-audio'), join(root, 'given/models/data2vec-audio'), { recursive: true });
    cpSync(join(fixtures, 'data2vec-audio-small'), join(root, 'given/models/data2vec-audio-base'), { recursive: true });
    const head = 'video_id,clip_id,text,label,mode,happiness,sadness,anger,surprise,disgust,fear';
    for (const corpus of ['MOSI', 'MELD']) {
      const rows = [
        'I loved it.,2,train,1,0,0,0,0,0',
        'A waste of time.,-2,train,0,0,1,0,0,0',
        'It was so sad.,-1,train,0,1,0,0,0,0',
      ];
      mkdirSync(join(root, 'given', corpus), { recursive: true });
      writeFileSync(
        join(root, 'given', corpus, 'label.csv'),
        `${[head, ...rows.map((row, i) => `v${i},0,${row}`)].join('\n')}\n`,
      );
    }
    hasMiniLm = await fetchMiniLm(() => {}).then(Boolean, () => false);
    await useBackend({ log: () => {} });
    const trained = join(root, 'given/runs/latest');
    await saveModel(trained, await createModel(compact().model, 7, { find: findPlace }), compact());
    writeFileSync(join(trained, 'thresholds.json'), '[0.5, 0.5, 0.5, 0.5, 0.5, 0.5]');
    writeFileSync(join(trained, 'baselines.json'), '{ "sentiment": 0 }');
    server = await serveFolders(new Uint8Array(), { best: trained });
  });
  afterAll(() => {
    server?.close();
    rmSync(root, { recursive: true });
  });

  test.concurrent.for(
    examples
      .filter((block) => !isLeftOut(block))
      .map((block, i) => [`${i} of ${block.page}: ${firstOwnLine(block.code)}`, block] as const),
  )('%s', async ([name, { code, language }], { skip }) => {
    const folder = join(root, `example-${name.split(' ')[0]}`);
    cpSync(join(root, 'given'), folder, { recursive: true });
    symlinkSync(join(repository, 'data'), join(folder, 'data'));
    const given = code
      .replaceAll('hf:FacebookAI/roberta-base', 'pip:minilm')
      .replace('https://example.org/runs/mine/best', `${server.address}best`);
    skip(given.includes('pip:minilm') && !hasMiniLm, 'all-MiniLM-L6-v2 cannot be fetched');
    const { code: script } = await transform(given, {
      loader: language as 'js' | 'ts',
      format: 'esm',
      target: 'node20',
    });
    writeFileSync(join(folder, 'example.mjs'), script);
    await run(process.execPath, ['example.mjs'], { cwd: folder, timeout: 120_000 });
  });
});

test('what is left out is there, and has no other reason than the one named', () => {
  for (const [page, words] of NOT_RUN)
    expect(
      examples.some((block) => block.page === page && block.code.includes(words)),
      words,
    ).toBe(true);
});

describe('commands of shell blocks', () => {
  const commands = blocks
    .filter(({ language }) => /^(sh|bash)$/.test(language))
    .flatMap(({ page, code }) =>
      code
        .trim()
        .split('\n')
        .map((line) => [page, line.replace(/\s+#.*/, '').trim()] as const),
    );
  /** What each command's --help says, asked once. */
  const helps: Record<string, Promise<{ stdout: string }>> = {};
  const ofPrograms = commands.flatMap(([page, line]) => {
    const [, app, rest] = TRAINER_OR_EVAL.exec(line) ?? [];
    return app ? [{ page, line, app, words: rest!.replace(/;.*/, '').trim().split(/\s+/) }] : [];
  });

  test.each(ofPrograms.map((one) => [`${one.page}: ${one.line}`, one] as const))(
    '%s has options that the program has',
    async (_, { app, line, words }) => {
      const subcommands = words
        .slice(0, 2)
        .filter((word, i) => /^[a-z]+$/.test(word) && (i === 0 || ['data', 'study'].includes(words[0]!)));
      const program = join(repository, `apps/${app}/dist/cli.js`);
      if (SHELL_RUN.includes(line)) await run(process.execPath, [program, ...words]);
      const key = [app, ...subcommands].join(' ');
      helps[key] ??= run(process.execPath, [program, ...subcommands, '--help'], {
        env: { ...process.env, COLUMNS: '200' },
      });
      const { stdout } = await helps[key];
      expect(stdout).toMatch(new RegExp(`^Usage: ${key}`));
      for (const option of words.filter((word) => word.startsWith('--')))
        expect(stdout).toContain(option.split('=')[0]);
    },
  );

  test('others are named with the reason why they are not run', () => {
    const others = commands.filter(([, line]) => !TRAINER_OR_EVAL.test(line)).map(([, line]) => line);
    expect(others.filter((line) => !SHELL_NOT_RUN.some(([pattern]) => pattern.test(line)))).toEqual([]);
    for (const [pattern] of SHELL_NOT_RUN) expect(others.some((line) => pattern.test(line))).toBe(true);
    for (const line of SHELL_RUN) expect(ofPrograms.map((one) => one.line)).toContain(line);
  });
});

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) symlinkSync(target, path);
}

function firstOwnLine(code: string): string {
  const line = code.split('\n').find((one) => /^(const|await|export|for|let) /.test(one)) ?? '';
  return line.slice(0, 50);
}
