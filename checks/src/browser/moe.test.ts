import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MoeResult, MoeRun } from './moe-page';
import { findBrowser, type OpenPage, openPage, WEBGPU } from './open-page';

// The mixture in a real browser, on webgl, webgpu and wasm, against the plain JavaScript backend there.

const browser = findBrowser();

describe.skipIf(!browser)('@mmolre/moe in a browser', () => {
  const results = new Map<string, Promise<MoeResult>>();
  let page: OpenPage;

  beforeAll(async () => {
    page = await openPage(browser!, 'moe-page.ts', {}, WEBGPU);
  });
  afterAll(() => page?.close());

  function run(backend: string, what: MoeRun): Promise<MoeResult> {
    const key = `${backend} ${what}`;
    if (!results.has(key)) results.set(key, page.call('runOn', backend, what));
    return results.get(key)!;
  }

  test.each([
    ['webgl', 'fused'],
    ['webgl', 'sparse'],
    ['wasm', 'fused'],
    ['wasm', 'loop'],
    ['wasm', 'sparse'],
    ['webgpu', 'fused'],
    ['webgl', 'token'],
    ['wasm', 'token'],
    ['webgpu', 'token'],
    ['webgl', 'lora'],
    ['wasm', 'lora'],
    ['webgpu', 'lora'],
  ] as const)(
    '%s, %s: outputs, gates, gradients and training within 1e-4 of the cpu backend; no tensor is left behind',
    async (backend, what) => {
      const expected = await run('cpu', what === 'lora' || what === 'token' ? what : 'fused');
      const found = await run(backend, what);
      expect(found.backend).toBe(backend);
      expect(Object.keys(found.values)).toEqual(Object.keys(expected.values));
      const losses = found.values.fit ?? found.values.loss!;
      expect(losses.at(-1)).toBeLessThan(losses[0]!);
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
