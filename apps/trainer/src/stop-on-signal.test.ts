import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { build } from 'tsup';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'mmolre-stop-'));
const built = pathToFileURL(join(folder, 'stop-on-signal.mjs')).href;
beforeAll(() =>
  build({
    entry: ['src/stop-on-signal.ts'],
    format: ['esm'],
    outDir: folder,
    outExtension: () => ({ js: '.mjs' }),
    noExternal: [/.*/],
    config: false,
    silent: true,
  }),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A program of steps of 2 s, which ends after the one in which it was stopped. */
const steps = `
  const { stopOnSignal } = await import(${JSON.stringify(built)});
  const { signal, exitCode } = stopOnSignal((line) => console.error(line.trim()));
  for (let step = 0; !signal.aborted; step++) {
    console.log('step', step);
    await new Promise((done) => setTimeout(done, 2000));
    if (signal.aborted) console.log('kept');
  }
  process.exitCode = exitCode();
`;

async function start() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', steps], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  const exit = once(child, 'close');
  await once(child.stdout, 'data');
  return { child, said, exit };
}

describe.runIf(process.platform !== 'win32')('signals', () => {
  test.each([
    ['SIGINT', 130, 'press Ctrl-C'],
    ['SIGTERM', 143, 'send a signal'],
    ['SIGHUP', 129, 'send a signal'],
  ] as const)('%s ends the step in progress, with exit code %i', async (name, code, how) => {
    const { child, said, exit } = await start();
    child.kill(name);
    expect(await exit).toEqual([code, null]);
    expect(said).toEqual({
      stdout: 'step 0\nkept\n',
      stderr: `stopping after this step; ${how} again to stop at once\n`,
    });
  });

  test.each([
    ['SIGINT', 'SIGINT', 130],
    ['SIGTERM', 'SIGINT', 130],
    ['SIGINT', 'SIGTERM', 143],
  ] as const)('%s and then %s end it at once', async (first, second, code) => {
    const { child, said, exit } = await start();
    child.kill(first);
    await once(child.stderr, 'data');
    child.kill(second);
    expect(await exit).toEqual([code, null]);
    expect(said.stdout).toBe('step 0\n');
  });

  test('the same SIGTERM that comes by two ways is one, a later one is another', async () => {
    const twice = await start();
    twice.child.kill('SIGTERM');
    await once(twice.child.stderr, 'data');
    twice.child.kill('SIGTERM');
    expect(await twice.exit).toEqual([143, null]);
    expect(twice.said.stdout).toBe('step 0\nkept\n');
    const later = await start();
    later.child.kill('SIGTERM');
    await sleep(1300);
    later.child.kill('SIGTERM');
    expect(await later.exit).toEqual([143, null]);
    expect(later.said.stdout).toBe('step 0\n');
  });
});

test('output that nobody reads any more stops it too, without a word', async () => {
  const { child, said, exit } = await start();
  child.stdout.destroy();
  expect(await exit).toEqual([141, null]);
  expect(said.stderr).toBe('');
});

test.runIf(process.platform !== 'win32')('what a signal leads to can be said to nobody', async () => {
  const { child, said, exit } = await start();
  child.stderr.destroy();
  child.kill('SIGTERM');
  expect(await exit).toEqual([143, null]);
  expect(said.stdout).toBe('step 0\nkept\n');
});
