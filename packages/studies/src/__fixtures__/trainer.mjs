// Stands for the trainer: `--set do=<what>` says how its run goes. It writes what a study reads of a run.
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const given = Object.fromEntries(
  process.argv.slice(2).flatMap((word, i, all) => (word.startsWith('--') ? [[word.slice(2), all[i + 1]]] : [])),
);
const [what, loss = '1'] = given.set.replace('do=', '').split(' ');
const run = join(given.runs, `${given.name}-seed${given.seed}`);
const checkpoints = join(run, 'checkpoints');
mkdirSync(checkpoints, { recursive: true });
appendFileSync(join(run, 'starts'), `${process.pid}\n`);
process.on('SIGTERM', () => process.exit(143));

if (what === 'fail') {
  console.error('something first');
  console.error('trainer: it has diverged');
  process.exit(1);
}
if (what === 'die') process.kill(process.pid, 'SIGKILL');
if (what === 'get-on-and-die' && readdirSync(checkpoints).length < 8) {
  mkdirSync(join(checkpoints, `${1000 + readdirSync(checkpoints).length}`));
  process.kill(process.pid, 'SIGKILL');
}
if (what === 'hang') for (;;); // its main thread hears nothing
if (what === 'wait') await sleep(60_000);
for (let epoch = 1; epoch <= 4; epoch++) {
  const event = { event: 'epoch', epoch, step: epoch, validLoss: Number(loss), valid: { sentiment: { mae: 0.5 } } };
  appendFileSync(join(run, 'metrics.jsonl'), `${JSON.stringify(event)}\n`);
  if (what === 'slow') await sleep(1000);
}
writeFileSync(join(run, 'finished.json'), '{ "seconds": 1 }');
writeFileSync(join(run, 'test.json'), '{ "split": "test", "simple": [] }');
