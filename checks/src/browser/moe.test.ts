import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MoeResult } from './moe-page';
import { findBrowser, type OpenPage, openPage } from './open-page';

// The mixture in a real browser, on webgl and wasm, against the plain JavaScript backend there.

const browser = findBrowser();

describe.skipIf(!browser)('@mmolre/moe in a browser', () => {
  const results = new Map<string, Promise<MoeResult>>();
  let page: OpenPage;

  beforeAll(async () => {
    page = await openPage(browser!, 'moe-page.ts');
  });
  afterAll(() => page?.close());

  function run(backend: string, form: string): Promise<MoeResult> {
    const key = `${backend} ${form}`;
    if (!results.has(key)) results.set(key, page.call('runOn', backend, form));
    return results.get(key)!;
  }

  test.each([
    ['webgl', 'fused'],
    ['webgl', 'sparse'],
    ['wasm', 'fused'],
    ['wasm', 'loop'],
    ['wasm', 'sparse'],
  ])(
    '%s, %s: outputs, gradients and training within 1e-4 of the cpu backend; no tensor is left behind',
    async (backend, form) => {
      const expected = await run('cpu', 'fused');
      const found = await run(backend, form);
      expect(found.backend).toBe(backend);
      expect(Object.keys(found.values)).toEqual(Object.keys(expected.values));
      expect(expected.values.fit!.at(-1)).toBeLessThan(expected.values.fit![0]!);
      const far = Object.entries(found.values).filter(
        ([name, values]) => !isClose(values, expected.values[name]!, 1e-4),
      );
      expect(far).toEqual([]);
      expect(found.leaked).toBe(0);
    },
  );
});

/** Every difference is within the tolerance, of 1 or of the largest value, whichever is more. */
function isClose(found: number[], expected: number[], tolerance: number): boolean {
  const scale = Math.max(1, ...expected.map(Math.abs));
  return (
    found.length === expected.length && found.every((value, i) => Math.abs(value - expected[i]!) <= tolerance * scale)
  );
}
