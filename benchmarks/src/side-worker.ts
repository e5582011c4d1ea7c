// A process that does one side of one case: side-worker.js <benchmark> <case> ours|theirs <data file>. It waits for a word on standard
// input and answers with a line of JSON; between words it sleeps. benchmarks/python/side.py speaks the same.
import { createInterface } from 'node:readline';
import { useBackend } from '@mmolre/backend';
import { loadBenchmark } from './benchmarks';
import { peakMemory } from './peak-memory';
import { openTensors, writeTensors } from './tensor-file';

const [benchmark = '', name = '', side = '', file = ''] = process.argv.slice(2);
const { reason } = await useBackend({ backend: 'native', log: () => {} });
const found = (await loadBenchmark(benchmark)).cases.find((one) => one.name === name);
const prepare = side === 'ours' ? found?.ours : found?.theirs;
if (typeof prepare !== 'function') throw new Error(`${benchmark} has no case '${name}' with Node code for ${side}`);
const data = openTensors(file);
const work = await prepare(data);
data.close();

const answer = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
answer({ ready: work.runsOn ?? reason.split(';')[0] });

for await (const line of createInterface({ input: process.stdin })) {
  const [word, path = ''] = line.split('\t');
  if (word === 'run') {
    const start = performance.now();
    await work.run();
    answer({ ms: (performance.now() - start) / (work.share ?? 1) });
  } else if (word === 'results') {
    writeTensors(path, await work.results());
    answer({ written: path });
  } else {
    answer({ mib: peakMemory() });
  }
}
