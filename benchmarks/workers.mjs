// What a second process costs and brings: `node benchmarks/workers.mjs [rounds] [trainer options]`. In turn, as often as there are rounds: one process of one
// thread, and two of one thread each (`--workers local:2`), the same configuration. Prints the median step of both, their ratio, and what goes over
// loopback in a step, as JSON. Nothing else should run, or use the network.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hardwareLine } from '@mmolre/backend';

const [rounds = '3', ...options] = process.argv.slice(2);
const program = fileURLToPath(new URL('../apps/trainer/dist/cli.js', import.meta.url));
const runs = mkdtempSync(join(tmpdir(), 'mmolre-workers-'));

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Bytes that loopback has sent up to now. */
const sent = () => Number(/lo:\s*(?:\d+\s+){8}(\d+)/.exec(readFileSync('/proc/net/dev', 'utf8'))[1]);

function train(name, more) {
  const before = sent();
  const started = performance.now();
  const args = [program, '--runs', runs, '--name', name, ...options, ...more];
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1' },
  });
  if (status !== 0) throw new Error(stderr.split('\n').slice(-5).join('\n'));
  const run = join(runs, `${name}-seed1`);
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const steps = lines.filter(({ event }) => event === 'step');
  // From one step to the next of the same epoch: data, step and log.
  const times = steps.flatMap(({ epoch, seconds }, i) =>
    steps[i - 1]?.epoch === epoch ? [seconds - steps[i - 1].seconds] : [],
  );
  const result = {
    step: median(times),
    whole: (performance.now() - started) / 1000,
    steps: steps.length,
    sent: sent() - before,
  };
  rmSync(run, { recursive: true });
  return result;
}

const pairs = Array.from({ length: Number(rounds) }, (_, i) => ({
  one: train(`one${i}`, []),
  two: train(`two${i}`, ['--workers', 'local:2', '--trust-network']),
}));
const ratios = pairs.map(({ one, two }) => two.step / one.step);
rmSync(runs, { recursive: true });
console.log(
  JSON.stringify({
    options,
    machine: hardwareLine([]),
    load: loadavg()[0],
    step: { one: median(pairs.map(({ one }) => one.step)), two: median(pairs.map(({ two }) => two.step)) },
    ratio: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
    whole: { one: median(pairs.map(({ one }) => one.whole)), two: median(pairs.map(({ two }) => two.whole)) },
    megabytesAStep: pairs[0].two.sent / pairs[0].two.steps / 1e6,
    pairs,
  }),
);
