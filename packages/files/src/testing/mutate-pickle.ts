import { change, type Draw, listMoves, type Moves, type Mutator, pick, replaced } from './draw';
import { ENCODINGS, EXTREMES, ODD_NUMBERS, ODD_TEXTS } from './odd-values';

/** An operation: its code, its argument, and of a counted text how many bytes the count takes. */
type Operation = { code: number; argument: Buffer; count: number };

const codes = (text: string, ...more: number[]) => [...Buffer.from(text, 'latin1'), ...more];
/** Arguments of a fixed length, by that. */
const FIXED: readonly [number, readonly number[]][] = [
  [1, codes('Khq', 0x80, 0x82)],
  [2, codes('M', 0x83)],
  [4, codes('Jjr', 0x84)],
  [8, codes('G', 0x95)],
];
/** Texts and bytes behind their length, by the bytes of that. */
const COUNTED: readonly [number, readonly number[]][] = [
  [1, codes('UC', 0x8a, 0x8c)],
  [4, codes('TXB', 0x8b)],
  [8, codes('', 0x8d, 0x8e, 0x96)],
];
/** Lines, by how many follow. */
const LINES: readonly [number, readonly number[]][] = [
  [1, codes('FILSVPgp')],
  [2, codes('ci')],
];
/** Operations without an argument: they can stand for each other. */
const PLAIN = codes(
  '(012NRab}d]eols)tuQ',
  0x81,
  0x85,
  0x86,
  0x87,
  0x88,
  0x89,
  0x8f,
  0x90,
  0x91,
  0x92,
  0x93,
  0x94,
  0x97,
);

const sizeIn = (table: readonly [number, readonly number[]][], code: number) =>
  table.find(([, known]) => known.includes(code))?.[0] ?? 0;

function operationsOf(file: Buffer): Operation[] {
  const operations: Operation[] = [];
  for (let at = 0; at < file.length; ) {
    const code = file[at]!;
    const count = sizeIn(COUNTED, code);
    const start = at + 1 + count;
    let end = start + sizeIn(FIXED, code) + (count > 0 ? file.readUIntLE(at + 1, Math.min(count, 6)) : 0);
    for (let lines = sizeIn(LINES, code); lines > 0; lines--) end = file.indexOf('\n', end) + 1;
    operations.push({ code, argument: file.subarray(start, end), count });
    at = end;
  }
  return operations;
}

function bytesOf({ code, argument, count }: Operation): Buffer {
  const counted = Buffer.alloc(count);
  if (count > 0) counted.writeUIntLE(argument.length % 256 ** Math.min(count, 6), 0, Math.min(count, 6));
  return Buffer.concat([Buffer.of(code), counted, argument]);
}

const some = (
  operations: readonly Operation[],
  draw: Draw,
  fits: (operation: Operation) => boolean,
  becomes: (operation: Operation) => Operation,
): readonly Operation[] => {
  const places = operations.flatMap((operation, at) => (fits(operation) ? [at] : []));
  if (places.length === 0) return operations;
  const at = pick(places, draw);
  return replaced(operations, at, 1, becomes(operations[at]!));
};
const isLine = ({ code }: Operation) => sizeIn(LINES, code) > 0;
const isFixed = ({ code }: Operation) => sizeIn(FIXED, code) > 0;
const isCounted = ({ count }: Operation) => count > 0;

const text: Moves<readonly Operation[]>[string] = (operations, draw) =>
  some(operations, draw, isCounted, (old) => ({ ...old, argument: Buffer.from(pick(ODD_TEXTS, draw)) }));
const number: Moves<readonly Operation[]>[string] = (operations, draw) =>
  some(operations, draw, isFixed, (old) => {
    const argument = Buffer.alloc(old.argument.length);
    if (old.code === 'G'.charCodeAt(0)) argument.writeDoubleBE(Number(pick(ODD_NUMBERS, draw)), 0);
    else
      argument.writeUIntLE(pick(EXTREMES, draw) % 256 ** Math.min(argument.length, 6), 0, Math.min(argument.length, 6));
    return { ...old, argument };
  });

const moves: Moves<readonly Operation[]> = {
  // The protocol comes first and the end last, where they are.
  ...listMoves<Operation>(1),
  ...{ text, text2: text, number, number2: number, number3: number },
  other: (operations, draw) =>
    some(
      operations,
      draw,
      ({ code }) => PLAIN.includes(code),
      (old) => ({ ...old, code: pick(PLAIN, draw) }),
    ),
  line: (operations, draw) =>
    some(operations, draw, isLine, (old) => {
      const line = pick([...ODD_NUMBERS, 'os', 'builtins', "'x'", 'numpy'], draw);
      return { ...old, argument: Buffer.from(`${line}\n`.repeat(sizeIn(LINES, old.code))) };
    }),
  shorten: (operations, draw) =>
    some(operations, draw, isCounted, (old) => ({
      ...old,
      argument: old.argument.subarray(0, draw(old.argument.length)),
    })),
  lengthen: (operations, draw) =>
    some(operations, draw, isCounted, (old) => ({
      ...old,
      argument: Buffer.concat([old.argument, pick(ENCODINGS, draw), old.argument]),
    })),
};

/** Breaks a pickle by its operations and what they are given. */
export const mutatePickle: Mutator = (seed, draw) => {
  const { value, how } = change<readonly Operation[]>(operationsOf(seed), moves, draw);
  return { bytes: Buffer.concat(value.map(bytesOf)), how };
};
