import { fstatSync, readSync } from 'node:fs';
import { DataError } from '@mmolre/files';

/** Bytes that stay in the file. */
export type FilePart = { offset: number; length: number };

const WINDOW = 65_536;
/** So long a text is read into memory: protocol 2 keeps arrays in texts. */
const MAX_TEXT = 256e6;
/** Bytes from this length on stay in the file. */
const STAYS = 16_384;

/**
 * Reads a pickle's operations from an open file, a window at a time. A length beyond the end of the file is refused before memory is taken,
 * and a negative one, which would lead back, too.
 */
export class PickleReader {
  readonly size: number;
  #position = 0;
  #window = new Uint8Array();
  #start = 0;

  constructor(readonly file: number) {
    this.size = fstatSync(file).size;
  }

  startsWith(text: string): boolean {
    return Buffer.from(this.#read(0, Math.min(text.length, this.size))).toString('latin1') === text;
  }

  hasNext(): boolean {
    return this.#position < this.size;
  }

  skip(length: number): void {
    this.#take(length);
  }

  byte(): number {
    return this.#small(1).getUint8(0);
  }

  uint16(): number {
    return this.#small(2).getUint16(0, true);
  }

  int32(): number {
    return this.#small(4).getInt32(0, true);
  }

  uint32(): number {
    return this.#small(4).getUint32(0, true);
  }

  uint64(): number {
    return Number(this.#small(8).getBigUint64(0, true));
  }

  float64(): number {
    return this.#small(8).getFloat64(0);
  }

  /** Short ones as bytes, long ones as the place where they are. */
  bytes(length: number): Uint8Array {
    const offset = this.#take(length);
    // The parser hands the value on as it is; numpy-pickle.ts knows both kinds.
    if (length >= STAYS) return { offset, length } satisfies FilePart as unknown as Uint8Array;
    return this.#read(offset, length);
  }

  string(length: number, encoding: 'ascii' | 'utf-8'): string {
    if (length > MAX_TEXT) throw new DataError(`a text of ${length} bytes, expected at most ${MAX_TEXT}`);
    return Buffer.from(this.#read(this.#take(length), length)).toString(encoding === 'ascii' ? 'latin1' : 'utf8');
  }

  /** Bytes that stayed in the file. */
  load({ offset, length }: FilePart): Uint8Array {
    if (length > MAX_TEXT) throw new DataError(`${length} bytes of texts or labels, expected at most ${MAX_TEXT}`);
    return this.#read(offset, length);
  }

  line(): string {
    const from = this.#position;
    for (let length = 0; length < 4_096 && this.hasNext(); length++) {
      if (this.byte() === 0x0a) return Buffer.from(this.#read(from, length)).toString('latin1');
    }
    throw new DataError('damaged: a line that does not end');
  }

  #small(length: number): DataView {
    const bytes = this.#read(this.#take(length), length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  #take(length: number): number {
    if (!(length >= 0 && length <= this.size - this.#position)) {
      throw new DataError(
        `truncated or damaged: ${length} bytes are announced, ${this.size - this.#position} are there`,
      );
    }
    this.#position += length;
    return this.#position - length;
  }

  #read(offset: number, length: number): Uint8Array {
    const inWindow = offset >= this.#start && offset + length <= this.#start + this.#window.length;
    if (!inWindow) {
      this.#window = new Uint8Array(Math.min(Math.max(WINDOW, length), this.size - offset));
      this.#start = offset;
      const count = readSync(this.file, this.#window, 0, this.#window.length, offset);
      if (count < length) throw new DataError('the file became shorter while it was read');
    }
    return this.#window.slice(offset - this.#start, offset - this.#start + length);
  }
}
