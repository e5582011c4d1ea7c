import { DataError, quoted } from '@mmolre/files';
import type { FilePart } from './pickle-reader';

/** An array of numbers that stays in the file, or whose bytes the pickle held in another form. */
export type ArrayPart = {
  /** Without byte order, such as `f4`. */
  type: string;
  shape: number[];
  /** Where its bytes begin in the file; -1 if they are in `bytes`. */
  offset: number;
  bytes: Uint8Array;
};

/** Kinds of numbers by numpy's name of them: bytes, and how one is read. */
const NUMBERS: Record<string, { size: number; read: (view: DataView, at: number) => number }> = {
  b1: { size: 1, read: (view, at) => view.getUint8(at) },
  i1: { size: 1, read: (view, at) => view.getInt8(at) },
  u1: { size: 1, read: (view, at) => view.getUint8(at) },
  i2: { size: 2, read: (view, at) => view.getInt16(at, true) },
  u2: { size: 2, read: (view, at) => view.getUint16(at, true) },
  i4: { size: 4, read: (view, at) => view.getInt32(at, true) },
  u4: { size: 4, read: (view, at) => view.getUint32(at, true) },
  i8: { size: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  u8: { size: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  f4: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  f8: { size: 8, read: (view, at) => view.getFloat64(at, true) },
};
/** Reads bytes that stayed in the file, up to a limit of its own. */
type Load = (part: FilePart) => Uint8Array;

/** One number of an array's bytes. @throws DataError if the type is not known. */
export function numberReader(type: string) {
  if (Object.hasOwn(NUMBERS, type)) return NUMBERS[type]!;
  throw new DataError(`numbers of the type ${quoted(type)}, expected one of ${Object.keys(NUMBERS).join(', ')}`);
}

class DType {
  order = '|';
  constructor(readonly type: string) {}
  __setstate__(state: unknown): void {
    if (Array.isArray(state)) this.order = String(state[1]);
  }
}

/** An array as numpy pickles it, whose numbers are still in the file or in the pickle's bytes. */
export class NumpyArray {
  shape: number[] = [];
  #type = '';
  #order = '|';
  #content: unknown;
  readonly #load: Load;

  constructor(load: Load) {
    this.#load = load;
  }

  /** numpy's state: version, shape, type, whether in Fortran's order, content. */
  __setstate__(state: unknown): void {
    if (!Array.isArray(state) || state.length < 4) throw new DataError('damaged: an array without its shape');
    const [shape, dtype, fortran, content] = state.slice(-4);
    this.set(shape, dtype, fortran === true, content);
  }

  set(shape: unknown, dtype: unknown, fortran: boolean, content: unknown): this {
    const isShape = Array.isArray(shape) && shape.length <= 8 && shape.every((n) => Number.isSafeInteger(n) && n >= 0);
    if (!isShape || !(dtype instanceof DType)) throw new DataError('damaged: an array without a shape or a type');
    if (fortran && shape.length > 1)
      throw new DataError("an array in Fortran's order; write it with numpy.ascontiguousarray");
    this.shape = shape;
    this.#type = dtype.type;
    this.#order = dtype.order;
    this.#content = content;
    return this;
  }

  /** Where its numbers are. @throws DataError if it does not hold numbers, or not as many bytes as its shape asks for. */
  numbers(place: string): ArrayPart {
    if (this.#order === '>') throw new DataError(`${place}: numbers in big-endian order are not read`);
    const { size } = numberReader(this.#type);
    const content = this.#bytes(place, size);
    return 'offset' in content
      ? { type: this.#type, shape: this.shape, offset: content.offset, bytes: new Uint8Array() }
      : { type: this.#type, shape: this.shape, offset: -1, bytes: content.bytes };
  }

  /** Its numbers as a list. */
  toNumbers(place: string): number[] {
    if (Array.isArray(this.#content)) return this.#content as number[];
    const { type, offset, bytes } = this.numbers(place);
    const { size, read } = numberReader(type);
    const content = offset < 0 ? bytes : this.#load(this.#content as FilePart);
    const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
    return Array.from({ length: content.length / size }, (_, i) => read(view, i * size));
  }

  /** Its texts as a list: of Python's objects, or of fixed length in UTF-32. */
  strings(place: string): string[] {
    if (Array.isArray(this.#content)) return this.#content as string[];
    const length = /^U(\d+)$/.exec(this.#type)?.[1];
    if (length === undefined)
      throw new DataError(`${place}: expected texts, found an array of the type ${quoted(this.#type)}`);
    const content = this.#bytes(place, 4 * Number(length));
    const bytes = 'bytes' in content ? content.bytes : this.#load(this.#content as FilePart);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: Number(length) === 0 ? 0 : bytes.length / (4 * Number(length)) }, (_, i) => {
      let text = '';
      for (let k = 0; k < Number(length); k++) {
        const code = view.getUint32(4 * (i * Number(length) + k), this.#order !== '>');
        if (code > 0x10ffff) throw new DataError(`${place}: damaged: a text that is none`);
        if (code !== 0) text += String.fromCodePoint(code);
      }
      return text;
    });
  }

  #bytes(place: string, size: number): { offset: number } | { bytes: Uint8Array } {
    const items = this.shape.reduce((a, b) => a * b, 1);
    const content = this.#content;
    const found = typeof content === 'string' ? content.length : (content as { length?: number } | null)?.length;
    if (found !== items * size) {
      throw new DataError(
        `${place}: the shape [${this.shape.join(', ')}] asks for ${items * size} bytes, ${found ?? 'none'} are there`,
      );
    }
    if (typeof content === 'string') return { bytes: new Uint8Array(Buffer.from(content, 'latin1')) };
    if (content instanceof Uint8Array) return { bytes: content };
    return { offset: (content as FilePart).offset };
  }
}

/** Only the names that numpy writes for an array, each read by a function of ours; any other ends the reading. */
export function numpyResolver(load: Load) {
  const reconstruct = () => new NumpyArray(load);
  const dtype = (type: unknown) => new DType(String(type));
  const fromBuffer = (content: unknown, type: unknown, shape: unknown, order: unknown) =>
    new NumpyArray(load).set(shape, type, order === 'F', content);
  const scalar = (type: unknown, content: unknown) => new NumpyArray(load).set([], type, false, content);
  // Protocol 2 has no bytes: Python writes them as a text of the same code points.
  const encode = (text: unknown) => new Uint8Array(Buffer.from(String(text), 'latin1'));
  const names = new Map<string, (...args: never[]) => unknown>([
    ['numpy ndarray', () => undefined],
    ['numpy dtype', dtype],
    ['_codecs encode', encode],
  ]);
  for (const core of ['numpy.core', 'numpy._core']) {
    names.set(`${core}.multiarray _reconstruct`, reconstruct);
    names.set(`${core}.multiarray scalar`, scalar);
    names.set(`${core}.numeric _frombuffer`, fromBuffer);
  }
  return {
    resolve(module: string, name: string) {
      const known = typeof module === 'string' && typeof name === 'string' ? names.get(`${module} ${name}`) : undefined;
      if (known) return known as (...args: unknown[]) => unknown;
      const found = quoted(`${module}.${name}`);
      throw new DataError(
        `refused: it would run ${found}; only numpy arrays, texts and numbers are read, and nothing is run`,
      );
    },
  };
}
