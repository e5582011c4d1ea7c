// `npm test`: builds, installs the native backend and a small sentence encoder where it can, runs every package's and app's tests, one after the other.
// Arguments select packages (`npm test -- --filter moe`). With `--shared`, only the suites that read data beside the repository are run.
import { spawnSync } from 'node:child_process';
import { build, root } from './lib.mjs';
import { runTests } from './run-tests.mjs';

build();
const { ensureNative } = await import('../packages/backend/dist/index.js');
const native = await ensureNative({ log: (line) => console.error(line) });
if (!native.ok) console.error(`the native backend is not tested: ${native.reason}`);
const { fetchMiniLm } = await import('../packages/encoders/dist/node.js');
await fetchMiniLm((line) => console.error(line)).catch(({ message }) => {
  console.error(`all-MiniLM-L6-v2 is not tested: ${message}`);
});

const args = process.argv.slice(2);
process.exitCode = args.includes('--shared') ? testShared() : runTests(root, args);

/** The suites that read what lies in a folder `shared` beside the repository. */
function testShared() {
  const pattern = ['-E', '-e', 'sharedData\\(|shared/data', '--', '*.test.ts'];
  const { stdout } = spawnSync('git', ['grep', '-l', ...pattern], { cwd: root, encoding: 'utf8' });
  const suites = stdout.trim().split('\n');
  const packages = new Set(suites.map((suite) => suite.split('/').slice(0, 2).join('/')));
  const selection = [...packages].flatMap((folder) => ['--filter', `./${folder}`]);
  return runTests(
    root,
    selection,
    suites.map((suite) => suite.split('/').slice(2).join('/')),
  );
}
