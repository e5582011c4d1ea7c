import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSafetensors, toSafetensors, toTensor } from './index';

/** A file with this header, which may be any text, and these bytes of data. */
function fileOf(header: string, data: ArrayLike<number> = []): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(Array.from(data), 8 + text.length);
  return file;
}

const tensors = () =>
  new Map<string, tf.Tensor>([
    ['a.weight', tf.tensor2d([1, -2, 3.5, 1e-38, -0, 6], [2, 3])],
    ['b', tf.scalar(7)],
  ]);
const problemOf = (file: Uint8Array): string => {
  try {
    parseSafetensors(file, 'x.safetensors');
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('toSafetensors and parseSafetensors', () => {
  test('what is written is read back', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((key) => !['__metadata__', '__proto__'].includes(key)),
          fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
        ),
        fc.integer(),
        (shapes, seed) => {
          const written = new Map(
            Object.entries(shapes).map(([key, shape]) => [
              key,
              tf.randomUniform(shape, -9, 9, 'float32', seed) as tf.Tensor,
            ]),
          );
          const read = parseSafetensors(toSafetensors(written), 'x');
          expect([...read.keys()].sort()).toEqual([...written.keys()].sort());
          for (const [key, stored] of read) {
            expect(stored.shape).toEqual(shapes[key]);
            expect(toTensor(stored).dataSync()).toEqual(written.get(key)!.dataSync());
          }
          tf.dispose([...written.values()]);
        },
      ),
      { seed: 1 },
    );
  });

  test('reads a file that lies anywhere in its buffer', () => {
    const file = toSafetensors(tensors());
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect([...toTensor(parseSafetensors(shifted.subarray(3), 'x').get('b')!).dataSync()]).toEqual([7]);
  });

  test('empty tensors may stand in any order', () => {
    const [empty, one] = [
      { dtype: 'F32', shape: [0, 3], data_offsets: [0, 0] },
      { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
    ];
    const read = parseSafetensors(fileOf(JSON.stringify({ one, empty }), new Uint8Array(4)), 'x');
    expect([...read.keys()]).toEqual(['empty', 'one']);
  });

  test('reads half precision and integers', () => {
    const halves = [0x3c00, 0xc000, 0x0001, 0x8000, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x3555, 0x03ff];
    const header = {
      h: { dtype: 'F16', shape: [10], data_offsets: [0, 20] },
      i: { dtype: 'I32', shape: [2], data_offsets: [20, 28] },
    };
    const data = [
      ...new Uint8Array(Uint16Array.from(halves).buffer),
      ...new Uint8Array(Int32Array.of(-3, 1 << 30).buffer),
    ];
    const file = parseSafetensors(fileOf(JSON.stringify(header), data), 'x');
    expect([...toTensor(file.get('h')!).dataSync()]).toEqual([
      1,
      -2,
      2 ** -24,
      -0,
      65504,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      0.333251953125,
      1023 * 2 ** -24,
    ]);
    const integers = toTensor(file.get('i')!);
    expect([integers.dtype, ...integers.dataSync()]).toEqual(['int32', -3, 1 << 30]);
  });

  test('reads bfloat16 and double precision into float32', () => {
    const header = {
      b: { dtype: 'BF16', shape: [4], data_offsets: [0, 8] },
      d: { dtype: 'F64', shape: [1], data_offsets: [8, 16] },
      n: { dtype: 'I64', shape: [1], data_offsets: [16, 24] },
    };
    const data = [
      ...new Uint8Array(Uint16Array.of(0x3f80, 0xc049, 0x7f80, 0x8000).buffer),
      ...new Uint8Array(Float64Array.of(0.1).buffer),
      ...new Uint8Array(8),
    ];
    const file = parseSafetensors(fileOf(JSON.stringify(header), data), 'x');
    expect([...toTensor(file.get('b')!).dataSync()]).toEqual([1, -3.140625, Number.POSITIVE_INFINITY, -0]);
    expect([...toTensor(file.get('d')!).dataSync()]).toEqual([Math.fround(0.1)]);
    expect(() => toTensor(file.get('n')!)).toThrow(
      'a tensor of dtype I64 cannot be read, expected one of F32, F16, BF16, F64, I32',
    );
  });

  test('writes integers as integers, beside floats, and refuses what is neither, by name', () => {
    const tensors = new Map<string, tf.Tensor>([
      ['ids', tf.tensor2d([1, -2, 2 ** 31 - 1], [1, 3], 'int32')],
      ['w', tf.tensor1d([0.5])],
    ]);
    const read = parseSafetensors(toSafetensors(tensors), 'x');
    expect([...read].map(([key, { dtype, shape }]) => [key, dtype, shape])).toEqual([
      ['ids', 'I32', [1, 3]],
      ['w', 'F32', [1]],
    ]);
    const ids = toTensor(read.get('ids')!);
    expect([ids.dtype, ...ids.dataSync()]).toEqual(['int32', 1, -2, 2 ** 31 - 1]);
    expect([...toTensor(read.get('w')!).dataSync()]).toEqual([0.5]);
    tensors.set('mask', tf.tensor1d([true, false], 'bool'));
    expect(() => toSafetensors(tensors)).toThrow('toSafetensors mask: expected float32 or int32, got bool');
  });

  test('keeps the order of the map, metadata first, and pads the header to 8 bytes', () => {
    const tensors = new Map([
      ['b', tf.ones([1])],
      ['7', tf.ones([2])],
      ['ä', tf.ones([0])],
    ]);
    const file = toSafetensors(tensors, { format: 'pt' });
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(new TextDecoder().decode(file.subarray(8, 8 + length)).trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
        '"7":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"ä":{"dtype":"F32","shape":[0],"data_offsets":[12,12]}}',
    );
    expect([...parseSafetensors(file, 'x').keys()].sort()).toEqual(['7', 'b', 'ä']);
  });

  const entry = (change: object) =>
    JSON.stringify({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...change } });
  const dtypes = 'expected one of BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, F16, BF16, I32, U32, F32, I64, U64, F64';
  test.each([
    ['short', new Uint8Array(5), 'expected at least 8 bytes, found 5'],
    [
      'cut in the header',
      fileOf(entry({})).subarray(0, 30),
      'its header claims 54 bytes, the file has 30 (cut short?)',
    ],
    ['cut in the data', fileOf(entry({}), [1, 2, 3]), "'a' ends at byte 8, the file has 3 bytes of data (cut short?)"],
    ['too long', fileOf(entry({}), new Uint8Array(9)), '1 bytes follow the last tensor'],
    ['not JSON', fileOf('{"a":'), 'its header is not JSON'],
    ['null', fileOf('null'), 'its header is not a JSON object'],
    ['nothing but brackets', fileOf('['.repeat(1_000_000)), 'its header is not JSON'],
    ['a null entry', fileOf('{"a":null}'), `'a' has dtype undefined, ${dtypes}`],
    ['an unknown dtype', fileOf(entry({ dtype: 'F4' })), `'a' has dtype F4, ${dtypes}`],
    ['a dtype that every object has', fileOf(entry({ dtype: 'toString' })), `'a' has dtype toString, ${dtypes}`],
    ['a name twice', fileOf('{"a":{},"b":[{"a":1}],"\\u0061":{}}'), "its header names 'a' twice"],
    ['a field twice', fileOf('{"a":{"shape":[1],"shape":[2]}}'), "its header names 'shape' twice"],
    ['metadata that is no object', fileOf('{"__metadata__":3}'), 'its metadata is not a JSON object'],
    ['a negative size', fileOf(entry({ shape: [-2] })), "'a' has no proper shape"],
    [
      'huge sizes',
      fileOf(entry({ shape: [2 ** 40, 2 ** 40] })),
      "'a' of shape [1099511627776, 1099511627776] needs 4.835703278458517e+24 bytes, its offsets span 8",
    ],
    ['a gap', fileOf(entry({ data_offsets: [4, 12] }), new Uint8Array(12)), "'a' starts at byte 4, expected 0"],
    [
      'an overlap',
      fileOf(
        JSON.stringify({
          a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
          b: { dtype: 'F32', shape: [2], data_offsets: [4, 12] },
        }),
        new Uint8Array(12),
      ),
      "'b' starts at byte 4, expected 8",
    ],
    [
      'offsets the wrong way round',
      fileOf(entry({ data_offsets: [8, 0] }), new Uint8Array(8)),
      "'a' of shape [2] needs 8 bytes, its offsets span -8",
    ],
    [
      'a header longer than is read',
      fileOf(' '.repeat(8 * 1024 * 1024 + 1)),
      'its header claims 8388609 bytes, more than the 8388608 that are read',
    ],
    ['an array', fileOf('[]'), 'its header is not a JSON object'],
  ])('names what is wrong: %s', (_, file, problem) => {
    expect(problemOf(file)).toBe(`x.safetensors: not a readable safetensors file: ${problem}`);
  });

  test('a damaged file gives one line or tensors that fit it, nothing else', () => {
    const whole = toSafetensors(tensors());
    const headerEnd = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
    const change = fc.tuple(
      fc.nat(headerEnd - 1),
      fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('0129-,:{}[]"\\ntrue'))),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat(whole.length), (changes, length) => {
        const file = whole.slice(0, changes.length === 0 ? length : undefined);
        for (const [at, byte] of changes) if (at < file.length) file[at] = byte;
        const problem = problemOf(file);
        if (problem) expect(problem).toMatch(/^x\.safetensors: not a readable safetensors file: [^\n]+$/);
        else
          for (const stored of parseSafetensors(file, 'x').values())
            if (['F32', 'F16', 'BF16', 'I32', 'F64'].includes(stored.dtype))
              expect(toTensor(stored).shape).toEqual(stored.shape);
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  test('a name with a line break still gives one line', () => {
    expect(problemOf(fileOf('{"a\\nb":null}'))).not.toContain('\n');
  });
});
