// `pnpm test:fuzz [files]`: every reader of files on many broken ones, 2,500 of each if not said otherwise, and a fifth more that are broken by bytes
// alone; minutes, where `npm test` takes seconds. Ends with a table: how many get past a reader's first check, and how much of it those reach.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, root } from './lib.mjs';

const count = process.argv[2] ?? '2500';
if (!/^[1-9]\d*$/.test(count)) {
  console.error(`fuzz: expected a number of files, found ${count}`);
  process.exit(1);
}
/** Packages at a time: most of the work is done by one thread of each. */
const AT_ONCE = 2;

const packages = readdirSync(join(root, 'packages')).filter((name) => {
  const source = join(root, 'packages', name, 'src');
  return existsSync(source) && readdirSync(source, { recursive: true }).some((file) => file.endsWith('.fuzz.test.ts'));
});
build(...packages.map((name) => `@mmolre/${name}`));
const started = performance.now();
const waiting = [...packages];
const codes = [];
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) codes.push(await run(name));
  }),
);
for (const line of table(packages.flatMap(figuresOf))) console.log(line);
console.log(`${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
process.exitCode = codes.some((code) => code !== 0) ? 1 : 0;

/** The tests of one package; what they print comes at their end. */
function run(name) {
  const cwd = join(root, 'packages', name);
  rmSync(join(cwd, '.test-results', 'fuzz'), { recursive: true, force: true });
  const test = ['run', '--config', '../../vitest.config.ts', '--root', '.', '--silent=true', 'fuzz.test'];
  const child = spawn('node_modules/.bin/vitest', test, { cwd, env: { ...process.env, MMOLRE_FUZZ: count } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  return new Promise((done, fail) => {
    child.on('error', fail).on('close', (code) => {
      if (code !== 0) console.log(output);
      done(code);
    });
  });
}

/** What its tests left, if there were more than a hundred files of each kind. */
function figuresOf(name) {
  const folder = join(root, 'packages', name, '.test-results', 'fuzz');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((file) => ({ room: name, ...JSON.parse(readFileSync(join(folder, file), 'utf8')) }));
}

function table(figures) {
  const head = ['package', 'broken', 'files', 'past first check', 'then read', 'lines', 'MB', 's', 'of'];
  const percent = (part, whole) => `${Math.round((100 * part) / whole)} %`;
  const rows = figures.map(({ room, name, files, past, counts, covered, lines, peak, seconds, reader }) => [
    ...[room, name, String(files), `${past} (${percent(past, files)})`, String(counts.read + counts.listed)],
    ...[`${covered}/${lines} (${percent(covered, lines)})`, peak.toFixed(0), seconds.toFixed(0), reader],
  ]);
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}
