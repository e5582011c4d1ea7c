import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { localAddresses, nativeStatus } from '@mmolre/backend';
import { expect, test } from 'vitest';

// Two real processes, and one with both losses, take the same steps of AdamW.

const SCRIPT = `
  import * as tf from '@tensorflow/tfjs';
  import { joinWorkers, useBackend } from '@mmolre/backend';
  import { adamWStep, initAdamW } from '@mmolre/nn';
  const [addresses, rank] = JSON.parse(process.argv[1]);
  const quiet = { log() {}, timeoutSeconds: 30 };
  const { ranks } = addresses ? await joinWorkers({ addresses, rank }, quiet) : { ranks: await useBackend({ backend: 'native', ...quiet }) && undefined };
  const weight = (values) => tf.variable(tf.tensor1d(values));
  const weights = { both: weight([1, -2, 3]), first: weight([0.5, 0.25]), second: weight([4]), none: weight([7, 7]) };
  const losses = [
    () => tf.sum(tf.add(tf.square(weights.both).mul(0.3), weights.first.mul(weights.first).sum())),
    () => tf.sum(tf.mul(weights.both, tf.tensor1d([0.1, 0.7, 0.3]))).mul(weights.second.sum()),
  ];
  const state = initAdamW(new Map(Object.entries(weights)));
  const told = [];
  for (let step = 0; step < 4; step++) {
    // The first has nothing to compute in the last step.
    const all = step < 3 ? losses : [undefined, losses[1]];
    const own = (addresses ? [all[rank]] : all).filter(Boolean);
    told.push(adamWStep(state, { weightDecay: 0.01, maxGradNorm: 1 }, own, 0.05, ranks));
  }
  const bits = Object.entries(weights).map(([name, weight]) => [name, [...weight.dataSync()]]);
  console.log(JSON.stringify({ told, bits, groups: state.groups.map(({ count, members }) => [count, members.map(({ path }) => path)]) }));
  process.exit();
`;

async function run(addresses: readonly string[] | undefined, rank: number): Promise<unknown> {
  const args = ['--input-type=module', '-e', SCRIPT, JSON.stringify([addresses ?? null, rank])];
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1' },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  await once(child, 'close');
  expect(out, err).not.toBe('');
  return JSON.parse(out);
}

test.skipIf(!nativeStatus().ok)(
  'of parameters that only some processes reach, all take the steps that one would',
  async () => {
    const addresses = await localAddresses(2);
    const [first, second, alone] = await Promise.all([run(addresses, 0), run(addresses, 1), run(undefined, 0)]);
    expect(second).toEqual(first);
    expect(first).toEqual(alone);
    const { groups } = alone as { groups: [number, string[]][] };
    expect(groups).toEqual(
      expect.arrayContaining([
        [3, ['first']],
        [0, ['none']],
      ]),
    );
  },
);
