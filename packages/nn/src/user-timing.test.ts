import { PerformanceObserver } from 'node:perf_hooks';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { adamWStep, initAdamW, trainable, variables } from './index';

test('a step tells observers of its parts, one after another, and the timeline keeps none', async () => {
  await tf.setBackend('cpu');
  const params = trainable({ a: tf.tensor1d([1, 2]) });
  const loss = () => tf.sum(tf.square(params.a)) as tf.Scalar;
  const observer = new PerformanceObserver(() => {});
  observer.observe({ entryTypes: ['measure'] });
  const start = performance.now();
  adamWStep(initAdamW(variables(params)), { weightDecay: 0 }, [loss, loss], 0.1);
  const end = performance.now();
  const seen = observer.takeRecords();
  observer.disconnect();
  const [forward, backward, optimizer] = ['mmolre forward', 'mmolre backward', 'mmolre optimizer'];
  expect(seen.map(({ name }) => name)).toEqual([forward, backward, forward, backward, optimizer]);
  const times = seen.flatMap(({ startTime, duration }) => [startTime, startTime + duration]);
  for (const [i, time] of [...times, end].entries())
    expect(time).toBeGreaterThanOrEqual((times[i - 1] ?? start) - 1e-6);
  expect(performance.getEntriesByType('measure').filter(({ name }) => name.startsWith('mmolre'))).toEqual([]);
});
