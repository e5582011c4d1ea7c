// What more machines would bring, on paper: `node benchmarks/scale.mjs`. A batch of samples with lengths as MOSI's is divided as `--workers` divides it; a
// step takes as long as its dearest part, AdamW, and the ring over which gradients are added up. What it starts from was measured (docs/scale.md).

import { createRng } from '@mmolre/nn';
import { divide } from '@mmolre/training';

/**
 * Of one machine of 2 cores, at base size. `trained`: numbers; `groups`: vectors that they are sent in. `sample`: seconds of the forward and backward
 * pass of 4 s of speech; `fixed`: of a step, whatever its batch.
 */
const KINDS = [
  { name: 'full', trained: 425.9e6, groups: 260, sample: 1.7, fixed: 1 },
  { name: 'LoRA', trained: 7.8e6, groups: 100, sample: 0.6, fixed: 1 },
  { name: 'frozen', trained: 7.2e6, groups: 90, sample: 0.15, fixed: 0.2 },
];
/** AdamW's seconds for a number; seconds of one message; what TensorFlow's gRPC moves at most, in bytes a second, whatever the network. */
const ADAMW = 3.8e-9;
const LATENCY = 0.0005;
const GRPC = 450e6;
/** Bits in a second. */
const NETWORKS = [1e9, 10e9, 100e9];

/** Seconds of speech, 1 to 6 as they are read, 4 in the mean. */
const lengthOf = (rng) => Math.min(6, 1 + 3.6 * Math.sqrt(-Math.log(1 - rng.uniform())) ** 1.3);

/** Of a step by so many machines: the dearest part in samples of 4 s, in the mean of many batches. */
function dearestPart(batch, machines) {
  const rng = createRng(1);
  let sum = 0;
  for (let i = 0; i < 200; i++) {
    const lengths = Array.from({ length: batch }, () => lengthOf(rng));
    const costs = divide(lengths, machines).map((part) => part.length * Math.max(0, ...part.map((k) => lengths[k])));
    sum += Math.max(...costs) / 4;
  }
  return sum / 200;
}

function secondsOf({ trained, groups, sample, fixed }, { batch, machines, bits }) {
  const compute = dearestPart(batch, machines) * sample + fixed + trained * ADAMW;
  if (machines === 1) return compute;
  const sent = (2 * (machines - 1) * trained * 4) / machines;
  return compute + sent / Math.min(bits / 8, GRPC) + 2 * (machines - 1) * groups * LATENCY;
}

const cell = (value) => (value >= 10 ? value.toFixed(0) : value.toPrecision(2));
for (const [title, batchOf] of [
  ['a batch of 64, divided', () => 64],
  ['8 samples a machine', (machines) => 8 * machines],
]) {
  console.log(`\n${title}: samples a second, as a multiple of one machine's\n`);
  console.log('| trained | network | 2 | 4 | 8 | 16 | 32 | 64 |\n| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const kind of KINDS)
    for (const bits of NETWORKS) {
      const alone = batchOf(1) / secondsOf(kind, { batch: batchOf(1), machines: 1, bits });
      const cells = [2, 4, 8, 16, 32, 64].map((machines) => {
        const batch = batchOf(machines);
        return cell(batch / secondsOf(kind, { batch, machines, bits }) / alone);
      });
      console.log(`| ${kind.name} | ${bits / 1e9} Gb/s | ${cells.join(' | ')} |`);
    }
}
