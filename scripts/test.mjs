// `npm test`: builds, installs the native backend and a small sentence encoder where it can, runs every package's and app's tests, one after the other.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { build, root, turbo } from './lib.mjs';

build();
const { ensureNative } = await import('../packages/backend/dist/index.js');
const native = await ensureNative({ log: (line) => console.error(line) });
if (!native.ok) console.error(`the native backend is not tested: ${native.reason}`);
const { fetchMiniLm } = await import('../packages/encoders/dist/index.js');
await fetchMiniLm((line) => console.error(line)).catch(({ message }) => {
  console.error(`all-MiniLM-L6-v2 is not tested: ${message}`);
});

const folders = ['packages', 'apps'].flatMap((kind) =>
  readdirSync(`${root}/${kind}`).map((name) => `${root}/${kind}/${name}`),
);
folders.push(`${root}/benchmarks`);
for (const folder of folders) rmSync(`${folder}/.test-results`, { recursive: true, force: true });
process.on('exit', summarise);
turbo(
  'test',
  process.argv.slice(2),
  ['--concurrency=1', '--output-logs=full', '--log-order=stream'],
  ['--reporter=default', '--reporter=json', '--outputFile.json=.test-results/results.json'],
);

function summarise() {
  let [passed, failed] = [0, 0];
  for (const folder of folders) {
    const file = `${folder}/.test-results/results.json`;
    if (!existsSync(file)) continue;
    const results = JSON.parse(readFileSync(file, 'utf8'));
    passed += results.numPassedTests;
    failed += results.numFailedTests;
  }
  console.log(`${passed} passed, ${failed} failed`);
}
