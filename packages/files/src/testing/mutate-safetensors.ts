import { change, type Draw, type Moves, type Mutator, pick } from './draw';
import { mutateJsonText } from './mutate-json';
import { EXTREMES } from './odd-values';

type File = { header: string; data: Buffer; claimed: number | undefined };
type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] };

const DTYPES = ['F32', 'F16', 'BF16', 'F64', 'I64', 'I32', 'U8', 'BOOL', 'F8_E4M3', 'f32', 'F4', '__proto__'];

/** Some tensor's entry becomes another. */
function entry(file: File, draw: Draw, becomes: (entry: Entry, name: string) => Record<string, unknown>): File {
  const entries = Object.entries(JSON.parse(file.header) as Record<string, Entry>).filter(([, { shape }]) => shape);
  if (entries.length === 0) return file;
  const [name, old] = pick(entries, draw);
  return { ...file, header: JSON.stringify({ ...JSON.parse(file.header), ...becomes(old, name) }) };
}

const numberMoves: ((n: number, draw: Draw) => number)[] = [
  (n) => n + 4,
  (n) => n - 4,
  (n) => n + 1,
  (n) => n * 2,
  (n) => -n,
  () => 0.5,
  () => 2 ** 40,
  (_, draw) => pick(EXTREMES, draw),
];

const moves: Moves<File> = {
  dtype: (file, draw) => entry(file, draw, (old, name) => ({ [name]: { ...old, dtype: pick(DTYPES, draw) } })),
  shape: (file, draw) =>
    entry(file, draw, (old, name) => {
      const at = draw(old.shape.length);
      const shape = old.shape.map((n, i) => (i === at ? pick(numberMoves, draw)(n, draw) : n));
      return { [name]: { ...old, shape: draw(2) === 0 ? shape : [...old.shape].reverse() } };
    }),
  offsets: (file, draw) =>
    entry(file, draw, (old, name) => {
      const at = draw(2);
      const data_offsets = old.data_offsets.map((n, i) => (i === at ? pick(numberMoves, draw)(n, draw) : n));
      return { [name]: { ...old, data_offsets } };
    }),
  rename: (file, draw) =>
    entry(file, draw, (old, name) => ({ [name]: undefined, [pick(['', `x.${name}`, `${name}.y`, 'a'], draw)]: old })),
  swap: (file, draw) => {
    let first: Entry | undefined;
    entry(file, draw, (old) => {
      first = old;
      return {};
    });
    return entry(file, draw, (_, name) => ({ [name]: first }));
  },
  values: (file, draw) => {
    const data = Buffer.from(file.data);
    for (let left = 1 + draw(8); left > 0 && data.length > 4; left--)
      data.writeUInt32LE(
        pick([0x7f800000, 0xff800000, 0x7fc00000, 1, 0x7f7fffff, 0xffffffff], draw),
        draw(data.length >> 2) << 2,
      );
    return { ...file, data };
  },
  cutData: (file, draw) => ({ ...file, data: file.data.subarray(0, draw(file.data.length)) }),
  longData: (file, draw) => ({ ...file, data: Buffer.concat([file.data, Buffer.alloc(1 + draw(16))]) }),
  pad: (file, draw) => ({ ...file, header: file.header.padEnd(file.header.length + draw(64)) }),
  claim: (file, draw) => (draw(4) === 0 ? { ...file, claimed: pick(EXTREMES, draw) } : file),
};

/** Breaks a safetensors file by its header's fields, its offsets and its data; the header's length is then right, mostly. */
export const mutateSafetensors: Mutator = (seed, draw) => {
  const length = Number(seed.readBigUInt64LE(0));
  const header = seed.toString('utf8', 8, 8 + length);
  const { value, how } = change<File>({ header, data: seed.subarray(8 + length), claimed: undefined }, moves, draw);
  const odd = draw(4) === 0 ? mutateJsonText(value.header, draw) : undefined;
  const text = Buffer.from(odd?.text ?? value.header);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(value.claimed ?? text.length));
  return { bytes: Buffer.concat([start, text, value.data]), how: odd ? `${how}, ${odd.how}` : how };
};
