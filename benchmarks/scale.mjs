// What more machines would bring, on paper: `node benchmarks/scale.mjs`. A batch of samples with lengths as MOSI's is divided as `--workers` divides it; a
// step takes as long as its dearest part, AdamW, and the ring over which gradients are added up. What it starts from was measured (docs/scale.md).

import { createRng } from '@mmolre/nn';
import { divide } from '@mmolre/training';

/** Of one machine: 2 cores. `sample`: seconds of its forward and backward pass at 4 s. `adam`: seconds a trained number. */
const KINDS = [
  { name: 'full', trained: 437.7e6, sample: 3.1, adam: 4.2e-9, groups: 230 },
  { name: 'LoRA', trained: 13.6e6, sample: 1.6, adam: 4.2e-9, groups: 60 },
  { name: 'frozen', trained: 13.0e6, sample: 0.17, adam: 4.2e-9, groups: 60 },
];
/** Bits in a second; seconds of one message; what TensorFlow's gRPC moves at most, bytes in a second, whatever the network. */
const NETWORKS = [1e9, 10e9, 100e9];
const LATENCY = 0.0004;
const GRPC = 350e6;

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

export function step({ trained, sample, adam, groups }, { batch, machines, bits }) {
  const compute = dearestPart(batch, machines) * sample + trained * adam;
  if (machines === 1) return { seconds: compute, sent: 0, ring: 0 };
  const sent = (2 * (machines - 1) * trained * 4) / machines;
  const ring = sent / Math.min(bits / 8, GRPC) + 2 * (machines - 1) * groups * LATENCY;
  return { seconds: compute + ring, sent, ring };
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
      const alone = batchOf(1) / step(kind, { batch: batchOf(1), machines: 1, bits }).seconds;
      const cells = [2, 4, 8, 16, 32, 64].map((machines) => {
        const batch = batchOf(machines);
        return cell(batch / step(kind, { batch, machines, bits }).seconds / alone);
      });
      console.log(`| ${kind.name} | ${bits / 1e9} Gb/s | ${cells.join(' | ')} |`);
    }
}
