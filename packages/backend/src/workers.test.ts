import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { localAddresses } from './local-addresses';
import { nativeStatus } from './native-state';

// Real processes, each with TensorFlow and its service, on loopback.

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** Joins as one of the workers, does what `work` says with `ranks`, and prints what it returns. */
function join(addresses: readonly string[], rank: number, work: string, timeoutSeconds = 20) {
  const script = `
    import * as tf from '@tensorflow/tfjs';
    import { joinWorkers } from ${JSON.stringify(fileURLToPath(new URL('../dist/index.js', import.meta.url)))};
    const say = (value) => console.log(JSON.stringify(value));
    try {
      const { ranks, heardFrom } = await joinWorkers(
        { addresses: ${JSON.stringify(addresses)}, rank: ${rank} },
        { timeoutSeconds: ${timeoutSeconds}, log() {} },
      );
      const values = (tensor) => [...tensor.dataSync()].map((value) => (Object.is(value, -0) ? '-0' : String(value)));
      ${work}
    } catch (error) {
      say({ error: error.message });
    }
    process.exit();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  started.push(child);
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const said = once(child, 'close').then(() =>
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line || 'null')),
  );
  return { child, said, isReady: () => out.includes('ready') };
}

test.skipIf(!nativeStatus().ok)('sums are the same for all and rank 0 is heard by all, to the last bit', async () => {
  const addresses = await localAddresses(3);
  const all = addresses.map((_, rank) =>
    join(
      addresses,
      rank,
      `const sum = ranks.sum(tf.tensor1d([${rank} + 1, -0, 0.1 * ${rank}]));
       const heard = ranks.broadcast(tf.tensor1d(${rank} === 0 ? [-0, NaN, 1e-42] : [7, 7, 7]));
       say({ rank: ranks.rank, size: ranks.size, sum: values(sum), heard: values(heard), left: tf.memory().numTensors });`,
    ),
  );
  const said = (await Promise.all(all.map(({ said }) => said))).flat();
  const sum = ['6', '-0', String(Math.fround(Math.fround(0.1) + Math.fround(0.2)))];
  const heard = ['-0', 'NaN', String(Math.fround(1e-42))];
  expect(said).toEqual([0, 1, 2].map((rank) => ({ rank, size: 3, sum, heard, left: expect.any(Number) })));
});

test.skipIf(!nativeStatus().ok)('a rank that does not come, or is killed, ends the others with a line', async () => {
  const addresses = await localAddresses(2);
  const alone = join(addresses, 0, 'ranks.sum(tf.zeros([1]));', 2);
  let line = '';
  alone.child.stderr!.on('data', (chunk) => {
    line += chunk;
  });
  expect(await alone.said).toEqual([null]);
  expect([line.trim(), alone.child.signalCode]).toEqual([
    'rank 0 of 2: another rank did not answer within 2 s',
    'SIGKILL',
  ]);
  const again = await localAddresses(2);
  const forever = `say('ready'); for (;;) ranks.sum(tf.zeros([1000]));`;
  const [first, second] = [join(again, 0, forever, 5), join(again, 1, forever, 5)];
  let why = '';
  first.child.stderr!.on('data', (chunk) => {
    why += chunk;
  });
  while (!first.isReady() || !second.isReady()) await new Promise((done) => setTimeout(done, 50));
  await new Promise((done) => setTimeout(done, 300));
  second.child.kill('SIGKILL');
  const [, said] = await first.said;
  // A connection that broke between two calls is not an error to TensorFlow: it waits for another, and the time ends it.
  if (said) expect(said.error).toMatch(/^rank 0 of 2: the connection to rank 1 is lost \(.+\)$/);
  else expect(why.trim()).toBe('rank 0 of 2: another rank did not answer within 5 s');
});

test.skipIf(!nativeStatus().ok || process.platform !== 'linux')('only the workers are answered', async () => {
  const addresses = await localAddresses(2);
  const one = join(
    addresses,
    0,
    `say(heardFrom); say('ready'); await new Promise((done) => setTimeout(done, 20_000));`,
  );
  while (!one.isReady()) await new Promise((done) => setTimeout(done, 50));
  const reaches = (localAddress: string) =>
    new Promise<boolean>((done) => {
      const socket = connect({ host: '127.0.0.1', port: Number(addresses[0]!.split(':')[1]), localAddress });
      const end = (reached: boolean) => {
        socket.destroy();
        done(reached);
      };
      socket.once('connect', () => end(true));
      socket.once('error', () => end(false));
      setTimeout(() => end(false), 1500);
    });
  expect(await reaches('127.0.0.1')).toBe(true);
  expect(await reaches('127.0.0.2')).toBe(false);
  one.child.kill('SIGKILL');
  expect((await one.said)[0]).toBe('workers');
});
