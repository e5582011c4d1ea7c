import { createHash } from 'node:crypto';
import { fromHalf, toHalf } from './half';

// A file: 'MMOLREA1', the bytes of a number and how many arrays there are (two uint32), 32 bytes of SHA-256 of the rest; for each array
// its name (32 bytes) and its length (uint32); the numbers of all of them. Everything is little endian.

const MAGIC = Buffer.from('MMOLREA1');
const HEADER_BYTES = MAGIC.length + 8 + 32;
const NAME_BYTES = 32;
const ENTRY_BYTES = NAME_BYTES + 4;

/** How a number is kept: float16 takes half the space and rounds to 11 bits (values beyond 65,504 become infinite). */
export type Precision = 'float32' | 'float16';

/** @param arrays By names of 64 hexadecimal digits. */
export function packArrays(arrays: ReadonlyMap<string, Float32Array>, precision: Precision): Buffer {
  const entries = [...arrays].map(([name, { length }]) => {
    const entry = Buffer.alloc(ENTRY_BYTES);
    entry.write(name, 'hex');
    entry.writeUInt32LE(length, NAME_BYTES);
    return entry;
  });
  const numbers = [...arrays.values()].map((values) => bytesOf(precision === 'float16' ? toHalf(values) : values));
  const payload = Buffer.concat([...entries, ...numbers]);
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32LE(bytesPerNumber(precision), 0);
  sizes.writeUInt32LE(arrays.size, 4);
  return Buffer.concat([MAGIC, sizes, digest(payload), payload]);
}

/** The arrays of a file by their names, each made when it is called for; none if the file is damaged or of another form or precision. */
export function unpackArrays(file: Buffer, precision: Precision): Map<string, () => Float32Array> {
  const arrays = new Map<string, () => Float32Array>();
  if (!isSound(file, precision)) return arrays;
  const count = file.readUInt32LE(MAGIC.length + 4);
  let at = HEADER_BYTES + count * ENTRY_BYTES;
  for (let i = 0; i < count; i++) {
    const entry = file.subarray(HEADER_BYTES + i * ENTRY_BYTES);
    const [start, end] = [at, at + entry.readUInt32LE(NAME_BYTES) * bytesPerNumber(precision)];
    at = end;
    arrays.set(entry.toString('hex', 0, NAME_BYTES), () => {
      const { buffer } = new Uint8Array(file.subarray(start, end)); // copied, as numbers must begin at a multiple of their size
      return precision === 'float16' ? fromHalf(new Uint16Array(buffer)) : new Float32Array(buffer);
    });
  }
  return arrays;
}

function isSound(file: Buffer, precision: Precision): boolean {
  if (file.length < HEADER_BYTES || !file.subarray(0, MAGIC.length).equals(MAGIC)) return false;
  if (file.readUInt32LE(MAGIC.length) !== bytesPerNumber(precision)) return false;
  const payload = file.subarray(HEADER_BYTES);
  if (!digest(payload).equals(file.subarray(MAGIC.length + 8, HEADER_BYTES))) return false;
  const count = file.readUInt32LE(MAGIC.length + 4);
  let length = count * ENTRY_BYTES;
  if (length > payload.length) return false;
  for (let i = 0; i < count; i++)
    length += payload.readUInt32LE(i * ENTRY_BYTES + NAME_BYTES) * bytesPerNumber(precision);
  return length === payload.length;
}

const bytesPerNumber = (precision: Precision) => (precision === 'float16' ? 2 : 4);
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array) =>
  Buffer.from(buffer, byteOffset, byteLength);
