import { type Broken, change, type Draw, type Moves, type Mutator, pick, replaced } from './draw';
import { EXTREMES, ODD_TEXTS } from './odd-values';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const isList = (value: Json): value is Json[] => Array.isArray(value);
const isObject = (value: Json): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const odd = (draw: Draw): Json =>
  pick<() => Json>(
    [
      () => pick<Json>([null, true, false, [], {}, [[]], [null], { a: 1 }, '', 0], draw),
      () => pick(EXTREMES, draw) * pick([1, -1, 0.5, 1e300], draw),
      () => pick([-1, 0.5, 1e308, -1e308, 5e-324, 2 ** 53, -0], draw),
      () => pick(ODD_TEXTS, draw),
      () => nested(1 + draw(3000)),
      () => Array.from({ length: draw(2000) }, () => draw(3)),
    ],
    draw,
  )();

function nested(depth: number): Json {
  let value: Json = 0;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

/** With `becomes` in place of a value somewhere inside; one at the root stays what it is. */
function inside(value: Json, draw: Draw, becomes: (value: Json) => Json, depth = 0): Json {
  const size = isList(value) ? value.length : isObject(value) ? Object.keys(value).length : 0;
  if (size === 0 || (depth > 0 && draw(4) === 0)) return depth === 0 ? value : becomes(value);
  const at = draw(size);
  const next = (child: Json) => inside(child, draw, becomes, depth + 1);
  if (isList(value)) return replaced(value, at, 1, next(value[at]!));
  const entries = Object.entries(value as object) as [string, Json][];
  const [key, child] = entries[at]!;
  return Object.fromEntries(replaced(entries, at, 1, [key, next(child)]));
}

/** The same, of the entries of an object or a list; the root's too. */
function entriesInside(
  value: Json,
  draw: Draw,
  becomes: (entries: [string, Json][], draw: Draw) => [string, Json][],
): Json {
  const change = (container: Json): Json => {
    if (isList(container)) return becomes(Object.entries(container), draw).map(([, child]) => child);
    return isObject(container) ? Object.fromEntries(becomes(Object.entries(container), draw)) : container;
  };
  return draw(3) === 0 ? change(value) : inside(value, draw, change);
}

const shift = (value: Json, draw: Draw): Json => {
  if (typeof value === 'number')
    return pick([-value, value + 1, value - 1, value + 0.5, value * 2, value / 2, 0], draw);
  if (typeof value === 'string') return pick([value.slice(1), `${value}x`, value.toUpperCase(), value.repeat(9)], draw);
  return typeof value === 'boolean' ? !value : odd(draw);
};

const moves: Moves<Json> = {
  replace: (value, draw) => inside(value, draw, () => odd(draw)),
  shift: (value, draw) => inside(value, draw, (old) => shift(old, draw)),
  shift2: (value, draw) => inside(value, draw, (old) => shift(old, draw)),
  wrap: (value, draw) => inside(value, draw, (old) => (draw(2) === 0 ? [old] : { value: old })),
  remove: (value, draw) => entriesInside(value, draw, (entries) => replaced(entries, draw(entries.length), 1)),
  add: (value, draw) => entriesInside(value, draw, (entries) => [...entries, [pick(ODD_TEXTS, draw), odd(draw)]]),
  repeat: (value, draw) =>
    entriesInside(value, draw, (entries) => {
      const [found] = entries.slice(draw(entries.length));
      return found ? [...entries, [`${found[0]}2`, found[1]]] : entries;
    }),
  swap: (value, draw) =>
    entriesInside(value, draw, (entries) => {
      const [a, b] = [draw(entries.length), draw(entries.length)];
      return entries.map(([key, old], i) => [
        key,
        (i === a ? entries[b]?.[1] : i === b ? entries[a]?.[1] : old) ?? old,
      ]);
    }),
  rename: (value, draw) =>
    entriesInside(value, draw, (entries) => {
      const at = draw(entries.length);
      return entries.map(([key, old], i) => [i === at ? pick(ODD_TEXTS, draw) : key, old]);
    }),
};

/** What JSON's text can have that its values cannot. */
const textMoves: ((text: string, draw: Draw) => string)[] = [
  (text, draw) =>
    text.replace(/"[^"]{1,40}":[^{}[\],]+/, (entry) => (draw(2) === 0 ? `${entry},${entry}` : `${entry},`)),
  (text, draw) =>
    text.replace(/:-?\d[\d.]*/, () => `:${pick(['1e999', '-1e999', 'NaN', '01', '+1', '0x1', '1e400'], draw)}`),
  (text) => `\ufeff${text}`,
  (text) => `${'['.repeat(100_000)}${text}`,
  (text) => `${text}\n${text}`,
];

/** Breaks what a JSON text says; now and then the text. */
export function mutateJsonText(text: string, draw: Draw): { text: string; how: string } {
  const { value, how } = change<Json>(JSON.parse(text), moves, draw);
  const changed = JSON.stringify(value);
  return draw(10) === 0 ? { text: pick(textMoves, draw)(changed, draw), how: `${how}, text` } : { text: changed, how };
}

/** Breaks a JSON file by its values, keys and nesting. */
export const mutateJson: Mutator = (seed, draw) => {
  const { text, how } = mutateJsonText(seed.toString(), draw);
  return { bytes: Buffer.from(text), how };
};

/** Breaks one line of a file of JSON lines, or their order. */
export function mutateJsonLines(seed: Buffer, draw: Draw): Broken {
  const lines = seed.toString().split('\n');
  const filled = lines.flatMap((line, at) => (line === '' ? [] : [at]));
  const at = pick(filled, draw);
  if (draw(8) === 0) return { bytes: Buffer.from(replaced(lines, at, 0, lines[at]!).join('\n')), how: 'repeatLine' };
  const { text, how } = mutateJsonText(lines[at]!, draw);
  return { bytes: Buffer.from(replaced(lines, at, 1, text).join('\n')), how };
}
