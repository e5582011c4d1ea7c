// `pnpm test:load [seconds] [clients] [requests]`: the server of `eval serve` under load: 60 s with 50 clients and 1,000 malformed requests, if not said
// otherwise, where `npm test` takes seconds. Prints answers, times and memory.
import { spawnSync } from 'node:child_process';
import { build, root } from './lib.mjs';

const [seconds = '60', clients = '50', requests = '1000'] = process.argv.slice(2);
for (const number of [seconds, clients, requests]) {
  if (/^[1-9]\d*$/.test(number)) continue;
  console.error(`load: expected numbers, found ${number}`);
  process.exit(1);
}
build('@mmolre/eval');
const test = [
  'run',
  '--config',
  '../../vitest.config.ts',
  '--root',
  '.',
  '--disable-console-intercept',
  'src/serve/serve.test.ts',
];
const { status, error } = spawnSync('node_modules/.bin/vitest', test, {
  cwd: `${root}/apps/eval`,
  env: { ...process.env, MMOLRE_LOAD_SECONDS: seconds, MMOLRE_LOAD_CLIENTS: clients, MMOLRE_LOAD_REQUESTS: requests },
  stdio: 'inherit',
});
if (error) throw error;
process.exitCode = status ?? 1;
