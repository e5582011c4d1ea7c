import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A whole number from 0 on, below another. */
export type Draw = (below: number) => number;

/** Ways to change something, by name. */
export type Moves<T> = Record<string, (value: T, draw: Draw) => T>;

/** A broken copy of a file, and how it was broken. */
export type Broken = { bytes: Buffer; how: string };
export type Mutator = (seed: Buffer, draw: Draw) => Broken;

/** Always the same numbers for a seed. */
export function drawFrom(seed: number): Draw {
  const random = xoroshiro128plus(seed);
  return (below) => (below <= 1 ? 0 : uniformInt(random, 0, below - 1));
}

export const pick = <T>(items: readonly T[], draw: Draw): T => items[draw(items.length)]!;

/** One to three changes, one after the other. */
export function change<T>(original: T, moves: Moves<T>, draw: Draw): { value: T; how: string } {
  let value = original;
  const how: string[] = [];
  for (let left = 1 + draw(3); left > 0; left--) {
    const name = pick(Object.keys(moves), draw);
    value = moves[name]!(value, draw);
    how.push(name);
  }
  return { value, how: how.join(', ') };
}

/** The same with something else in place of `removed` items from `at` on. */
export const replaced = <T>(items: readonly T[], at: number, removed: number, ...added: T[]): T[] => [
  ...items.slice(0, at),
  ...added,
  ...items.slice(at + removed),
];

/** Ways to change a list; the first `fixed` items stay where they are. */
export const listMoves = <T>(fixed = 0): Moves<readonly T[]> => {
  const place = (items: readonly T[], draw: Draw) => Math.min(items.length, fixed) + draw(items.length - fixed);
  return {
    remove: (items, draw) => replaced(items, place(items, draw), 1),
    repeat(items, draw) {
      const at = place(items, draw);
      return replaced(items, at, 0, ...items.slice(at, at + 1));
    },
    move(items, draw) {
      const from = place(items, draw);
      const rest = replaced(items, from, 1);
      return replaced(rest, place(rest, draw), 0, ...items.slice(from, from + 1));
    },
  };
};
