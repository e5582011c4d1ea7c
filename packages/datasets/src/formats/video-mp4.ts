import type { ByteSource } from '@mmolre/audio';
import { beyond, nameAt, type Part, partsNamed, partsOf, type ReadHead, type VideoHead, viewAt } from './video-parts';

/** The head of an mp4, mov, m4a or 3gp file (ISO/IEC 14496-12): its tracks are listed in the box `moov`, before or behind what they hold. */
export async function readMp4Head(source: ByteSource): Promise<VideoHead> {
  let head: VideoHead | undefined;
  for await (const box of partsOf(source, { from: 0, to: source.size }, readBoxHead)) {
    const cutShort = beyond(box, source.size);
    if (cutShort) return { hasSound: false, cutShort };
    if (box.name === 'moov') head ??= await readTracks(source, box);
  }
  return head ?? { hasSound: false, cutShort: 'the list of its tracks, "moov", is missing' };
}

async function readTracks(source: ByteSource, movie: Part): Promise<VideoHead> {
  for await (const track of partsNamed(source, movie, 'trak', readBoxHead)) {
    for await (const media of partsNamed(source, track, 'mdia', readBoxHead)) {
      if (!(await isSound(source, media))) continue;
      const seconds = (await secondsIn(source, media, 'mdhd')) ?? (await secondsIn(source, movie, 'mvhd'));
      return { hasSound: true, ...(seconds !== undefined && { seconds }) };
    }
  }
  return { hasSound: false };
}

async function isSound(source: ByteSource, media: Part): Promise<boolean> {
  for await (const { from } of partsNamed(source, media, 'hdlr', readBoxHead)) {
    return nameAt(await viewAt(source, from, 12), 8) === 'soun';
  }
  return false;
}

/** The length that a header of a track or of the whole gives; undefined if it is not known. */
async function secondsIn(source: ByteSource, within: Part, name: 'mdhd' | 'mvhd'): Promise<number | undefined> {
  for await (const { from } of partsNamed(source, within, name, readBoxHead)) {
    const fields = await viewAt(source, from, 32);
    if (fields.byteLength < 32) return undefined;
    const isLong = fields.getUint8(0) === 1; // times of 64 bits
    const perSecond = fields.getUint32(isLong ? 20 : 12);
    const length = isLong ? Number(fields.getBigUint64(24)) : fields.getUint32(16);
    const isKnown = perSecond > 0 && length > 0 && length < (isLong ? 2 ** 63 : 0xffffffff);
    return isKnown ? length / perSecond : undefined;
  }
  return undefined;
}

const readBoxHead: ReadHead = (bytes, left) => {
  if (bytes.byteLength < 8) return undefined;
  const name = nameAt(bytes, 4);
  const short = bytes.getUint32(0);
  const head = short === 1 ? 16 : 8;
  if (bytes.byteLength < head || !/^[\x20-\x7e\xa9]{4}$/.test(name)) return undefined;
  const size = short === 0 ? left : short === 1 ? Number(bytes.getBigUint64(8)) : short; // 0: up to the end
  return size < head ? undefined : { name, head, size: size - head };
};
