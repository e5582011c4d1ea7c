import type { ByteSource } from '@mmolre/audio';
import { quoted } from '@mmolre/files';

/** A part of a file that is made of parts: its name, and where its content begins and ends. The end may lie beyond the file's. */
export type Part = { name: string; from: number; to: number };

/** Reads the head of a part; undefined if there is none. `head` counts its own bytes, `size` those of the content, `padding` those behind it. */
export type ReadHead = (
  bytes: DataView,
  left: number,
) => { name: string; head: number; size: number; padding?: number } | undefined;

/** The bytes of the longest head. */
const HEAD_BYTES = 16;
/** More parts in a row are not looked at: a file of empty ones would keep the reader busy. */
const MAX_PARTS = 20_000;

/** The parts between two places of a file, one behind the other; only their heads are read. It ends where no part begins. */
export async function* partsOf(
  source: ByteSource,
  { from, to }: Pick<Part, 'from' | 'to'>,
  readHead: ReadHead,
): AsyncGenerator<Part> {
  for (let at = from, count = 0; at < to && count < MAX_PARTS; count++) {
    const found = readHead(await viewAt(source, at, HEAD_BYTES), to - at);
    if (!found) return;
    const { name, head, size, padding = 0 } = found;
    yield { name, from: at + head, to: at + head + size };
    at += head + size + padding;
  }
}

/** The parts of one name within another part. */
export async function* partsNamed(source: ByteSource, within: Part, name: string, readHead: ReadHead) {
  for await (const part of partsOf(source, within, readHead)) if (part.name === name) yield part;
}

export async function viewAt(source: ByteSource, at: number, length: number): Promise<DataView> {
  const bytes = await source.read(at, length);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export const nameAt = (bytes: DataView, at: number) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', at, at + 4);

/** What a video says of itself, as far as its head was looked at. */
export type VideoHead = {
  hasSound: boolean;
  /** Of its first sound track, or of the whole; left out where it does not say. */
  seconds?: number;
  /** How it is seen that its end is missing. */
  cutShort?: string;
};

/** What is to be said of a part that ends beyond its file; undefined if it does not. */
export const beyond = ({ name, to }: Part, fileSize: number): string | undefined =>
  to > fileSize ? `its part ${quoted(name)} goes on to byte ${to}, the file has ${fileSize}` : undefined;
