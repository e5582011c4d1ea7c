import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arrayCache } from '@mmolre/files';
import { createRng } from '@mmolre/nn';
import { expect, test } from 'vitest';
import { roundToHalf } from './half';

test('rounds to the nearest, ties to even; what is too large stays the largest', () => {
  const [ulp, least] = [2 ** -10, 2 ** -24];
  const given = [
    1 + ulp / 2,
    1 + 1.5 * ulp,
    -(1 + 0.51 * ulp),
    2 - ulp / 2,
    2.5 * least,
    -3.5 * least,
    0,
    1e6,
    -70_000,
  ];
  const wanted = [1, 1 + 2 * ulp, -(1 + ulp), 2, 2 * least, -4 * least, 0, 65_504, -65_504];
  expect([...roundToHalf(Float32Array.from(given))]).toEqual(wanted);
});

test('what it gives, a cache in half precision keeps to the last bit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mmolre-half-'));
  try {
    const rng = createRng(1);
    const values = Float32Array.from({ length: 20_000 }, () => rng.normal() * 10 ** (10 * rng.uniform() - 8));
    const rounded = roundToHalf(values.slice());
    expect(rounded).not.toEqual(values);
    expect(arrayCache({ folder, precision: 'float16' }).set('key', values)).toEqual(rounded);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
