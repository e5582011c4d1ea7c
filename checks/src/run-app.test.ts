import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const lib = new URL('../../scripts/lib.mjs', import.meta.url).href;
const app = mkdtempSync(join(tmpdir(), 'mmolre-app-'));
mkdirSync(join(app, 'dist'));
afterAll(() => rmSync(app, { recursive: true, force: true }));

/** Starts `runApp` on an app that does this; once it has said something. */
async function start(program: string) {
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(app, 'dist/cli.js'), program);
  const wrapper = `
    const { runApp } = await import(${JSON.stringify(lib)});
    process.exitCode = await runApp(${JSON.stringify(relative(root, app))}, ['7']);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', wrapper], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  return { child, exit };
}

test('the exit code of an app is passed on', async () => {
  const { exit } = await start("console.log('there'); process.exitCode = Number(process.argv[2]);");
  expect(await exit).toEqual([7, null]);
});

test.runIf(process.platform !== 'win32').each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s reaches the app, which may end its work', async (name, code) => {
  const waiting = "console.log('there'); setTimeout(() => {}, 1e9);";
  const ended = await start(waiting);
  ended.child.kill(name);
  expect(await ended.exit).toEqual([code, null]);
  const handled = await start(`process.on('${name}', () => process.exit(5)); ${waiting}`);
  handled.child.kill(name);
  expect(await handled.exit).toEqual([5, null]);
});
