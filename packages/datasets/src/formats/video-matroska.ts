import type { ByteSource } from '@mmolre/audio';
import { beyond, type Part, partsNamed, partsOf, type ReadHead, type VideoHead, viewAt } from './video-parts';

// Elements by their numbers, in hexadecimal. https://www.rfc-editor.org/rfc/rfc9559
const SEGMENT = '18538067';
const INFO = '1549a966';
const NANOSECONDS_PER_TICK = '2ad7b1';
const DURATION = '4489';
const TRACKS = '1654ae6b';
const TRACK = 'ae';
const TRACK_TYPE = '83';
const SOUND = 2;

/** The head of an mkv or webm file: its segment holds notes with its length, the list of its tracks, and clusters of what they hold. */
export async function readMatroskaHead(source: ByteSource): Promise<VideoHead> {
  for await (const segment of partsNamed(source, { name: '', from: 0, to: source.size }, SEGMENT, readElementHead)) {
    const cutShort = beyond({ ...segment, name: 'segment' }, source.size);
    if (cutShort) return { hasSound: false, cutShort };
    return readSegment(source, segment.to > segment.from ? segment : { ...segment, to: source.size });
  }
  return { hasSound: false, cutShort: 'it ends before its segment' };
}

async function readSegment(source: ByteSource, segment: Part): Promise<VideoHead> {
  let hasSound: boolean | undefined;
  let seconds: number | undefined;
  for await (const element of partsOf(source, segment, readElementHead)) {
    const cutShort = beyond({ ...element, name: 'cluster' }, source.size);
    if (cutShort) return { hasSound: false, cutShort };
    if (element.name === TRACKS) hasSound ??= await listsSound(source, element);
    if (element.name === INFO) seconds ??= await secondsIn(source, element);
  }
  if (hasSound === undefined) return { hasSound: false, cutShort: 'the list of its tracks is missing' };
  return { hasSound, ...(seconds !== undefined && { seconds }) };
}

async function listsSound(source: ByteSource, tracks: Part): Promise<boolean> {
  for await (const track of partsNamed(source, tracks, TRACK, readElementHead)) {
    for await (const type of partsNamed(source, track, TRACK_TYPE, readElementHead)) {
      if ((await numberIn(source, type)) === SOUND) return true;
    }
  }
  return false;
}

async function secondsIn(source: ByteSource, info: Part): Promise<number | undefined> {
  let ticks: number | undefined;
  let nanoseconds = 1_000_000;
  for await (const element of partsOf(source, info, readElementHead)) {
    if (element.name === NANOSECONDS_PER_TICK) nanoseconds = await numberIn(source, element);
    if (element.name !== DURATION) continue;
    const bytes = await viewAt(source, element.from, Math.min(8, element.to - element.from));
    if (bytes.byteLength === 4) ticks = bytes.getFloat32(0);
    if (bytes.byteLength === 8) ticks = bytes.getFloat64(0);
  }
  const seconds = ((ticks ?? 0) * nanoseconds) / 1e9;
  return seconds > 0 && Number.isFinite(seconds) ? seconds : undefined;
}

/** An unsigned number of up to eight bytes. */
async function numberIn(source: ByteSource, { from, to }: Part): Promise<number> {
  const bytes = await source.read(from, Math.min(8, to - from));
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** An element whose size is not known counts as empty: what it holds follows as if it were beside it. */
const readElementHead: ReadHead = (bytes) => {
  const idBytes = widthAt(bytes, 0);
  const sizeBytes = widthAt(bytes, idBytes);
  if (idBytes > 4 || sizeBytes > 8 || idBytes + sizeBytes > bytes.byteLength) return undefined;
  let name = '';
  for (let i = 0; i < idBytes; i++) name += bytes.getUint8(i).toString(16).padStart(2, '0');
  let size = bytes.getUint8(idBytes) & (0xff >> sizeBytes);
  for (let i = 1; i < sizeBytes; i++) size = size * 256 + bytes.getUint8(idBytes + i);
  const unknown = 2 ** (7 * sizeBytes) - 1;
  return { name, head: idBytes + sizeBytes, size: size >= unknown ? 0 : size };
};

/** How many bytes a number has, as the zeros before its first one say. */
const widthAt = (bytes: DataView, at: number) => (at < bytes.byteLength ? Math.clz32(bytes.getUint8(at)) - 23 : 9);
