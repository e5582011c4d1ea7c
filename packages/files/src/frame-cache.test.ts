import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FrameCacheOptions, frameCache } from './frame-cache';
import { fromHalf, toHalf } from './half';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'frame-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const files = () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.'));
const clip = Float32Array.from([0.1, 0.2, 0.3]);
const frames = Float32Array.from([1, -2.5, Math.PI, 1e-9, 0, 7]);

/** Asks for the clip's frames and counts how often they are computed. */
function ask(
  change: { model?: string; clip?: Float32Array; width?: number; options?: Partial<FrameCacheOptions> } = {},
) {
  let computed = 0;
  const cache = frameCache({ folder, precision: 'float32', ...change.options });
  const found = cache.frames(change.model ?? 'weights', change.clip ?? clip, change.width ?? 3, () => {
    computed += 1;
    return frames;
  });
  return { found: [...found], computed };
}

describe('frameCache', () => {
  test('computes once, then reads the same bits', () => {
    expect(ask()).toEqual({ found: [...frames], computed: 1 });
    expect(ask()).toEqual({ found: [...frames], computed: 0 });
    expect(files()).toHaveLength(1);
  });

  test('another clip, model, width or precision has frames of its own', () => {
    ask();
    expect(ask({ clip: Float32Array.from([0.1, 0.2]) }).computed).toBe(1);
    expect(ask({ model: 'other weights' }).computed).toBe(1);
    expect(ask({ width: 2 }).computed).toBe(1);
    expect(ask({ options: { precision: 'float16' } }).computed).toBe(1);
    expect(files()).toHaveLength(5);
  });

  test('float16 takes half the space, and gives the rounded numbers the first time too', () => {
    const options = { precision: 'float16' } as const;
    const first = ask({ options });
    expect(first.found).toEqual([...fromHalf(toHalf(frames))]);
    expect(ask({ options })).toEqual({ found: first.found, computed: 0 });
    expect(first.found[2]).toBeCloseTo(Math.PI, 2);
  });

  const damages: [string, (path: string) => void][] = [
    ['cut short', (path) => truncateSync(path, 60)],
    ['empty', (path) => truncateSync(path, 0)],
    ['another file', (path) => writeFileSync(path, 'not frames at all, but as long as a header and more')],
    ['one bit flipped', (path) => flip(path, 55)],
    ['another precision in its header', (path) => flip(path, 8)],
    ['the hash flipped', (path) => flip(path, 20)],
  ];
  test.each(damages)('a damaged file is computed again: %s', (_, damage) => {
    ask();
    damage(join(folder, files()[0]!));
    expect(ask()).toEqual({ found: [...frames], computed: 1 });
    expect(ask()).toEqual({ found: [...frames], computed: 0 });
    expect(files()).toHaveLength(1);
  });

  test('where it cannot write, it says so once and goes on', () => {
    const lines: string[] = [];
    const blocked = join(folder, 'file.txt');
    writeFileSync(blocked, '');
    const cache = frameCache({ folder: blocked, precision: 'float32', warn: (line) => lines.push(line) });
    for (const value of [1, 2])
      expect(cache.frames('weights', Float32Array.from([value]), 3, () => frames)).toBe(frames);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`array cache: cannot write in ${blocked}`);
  });
});

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1;
  writeFileSync(path, bytes);
}
