import { useBackend } from '@mmolre/backend';
import { beforeAll, expect, test } from 'vitest';
import { seededWeight } from './seeded';

beforeAll(async () => {
  await useBackend({ backend: 'cpu', log: () => {} });
});

test('weights are those of python/seeded.py: about 0, and about 1 in a norm', () => {
  const weight = [...seededWeight('text.encoder.weight', [2, 3]).dataSync()];
  expect(weight).toEqual([
    ...[0.01773732714354992, -0.02133992873132229, -0.015493479557335377],
    ...[-0.0008849130827002227, -0.005552439484745264, 0.02612786926329136],
  ]);
  const norm = [...seededWeight('audio.layer_norm.weight', [6]).dataSync()];
  expect(norm).toEqual([
    ...[0.9764804840087891, 1.0277397632598877, 0.966107964515686],
    ...[1.0218303203582764, 1.0053465366363525, 0.9958153367042542],
  ]);
});
