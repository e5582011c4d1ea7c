import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const files = new URL('../dist/index.js', import.meta.url).href;
/** Writes a line on that stream every few milliseconds for two seconds, and ends with 7 if nothing else ends it. */
const program = (stream: 'stdout' | 'stderr', then: string) => `
  const { onClosedOutput } = await import(${JSON.stringify(files)});
  onClosedOutput(${then});
  let lines = 0;
  const timer = setInterval(() => {
    process.${stream}.write('line\\n');
    if (++lines < 400) return;
    clearInterval(timer);
    process.exitCode ??= 7;
  }, 5);
`;
const start = (script: string, stdout: 'pipe' | number = 'pipe') =>
  spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', stdout, 'pipe'] });

test.each(['stdout', 'stderr'] as const)(
  'a program whose %s nobody reads ends as it says, without a word',
  async (stream) => {
    const child = start(program(stream, '(code) => process.exit(code)'));
    const other = text(stream === 'stdout' ? child.stderr! : child.stdout!);
    const exit = once(child, 'exit');
    await once(child[stream]!, 'data');
    child[stream]!.destroy();
    expect(await exit).toEqual([141, null]);
    expect(await other).toBe('');
  },
);

test('it may go on, is told once, and writes nothing more there', async () => {
  const child = start(program('stdout', "(code) => console.error('told', code)"));
  const told = text(child.stderr!);
  const exit = once(child, 'exit');
  await once(child.stdout!, 'data');
  child.stdout!.destroy();
  expect(await exit).toEqual([7, null]);
  expect(await told).toBe('told 141\n');
});

test.runIf(existsSync('/dev/full'))('output that cannot be kept is told in one line', async () => {
  const full = openSync('/dev/full', 'w');
  const child = start(program('stdout', '(code) => process.exit(code)'), full);
  closeSync(full);
  const told = text(child.stderr!);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(await told).toBe('standard output: could not be written: no space left on the disk\n');
});
