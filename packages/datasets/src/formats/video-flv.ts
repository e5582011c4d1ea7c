import type { ByteSource } from '@mmolre/audio';
import { type VideoHead, viewAt } from './video-parts';

const TAG_HEAD = 11;

/** The head of an flv file says whether it has sound. Each of its tags is followed by its length, so the last one is found from the end. */
export async function readFlvHead(source: ByteSource): Promise<VideoHead> {
  const head = await viewAt(source, 0, 9);
  const end = await viewAt(source, source.size - 4, 4);
  const length = end.byteLength === 4 ? end.getUint32(0) : 0;
  const tag = await viewAt(source, source.size - 4 - length, TAG_HEAD);
  if (head.byteLength < 9 || length < TAG_HEAD || length > source.size - 13 || uint24(tag, 1) + TAG_HEAD !== length) {
    return { hasSound: false, cutShort: 'it does not end with a whole tag' };
  }
  const milliseconds = tag.getUint8(7) * 2 ** 24 + uint24(tag, 4);
  return { hasSound: (head.getUint8(4) & 4) !== 0, ...(milliseconds > 0 && { seconds: milliseconds / 1_000 }) };
}

const uint24 = (bytes: DataView, at: number) => bytes.getUint16(at) * 256 + bytes.getUint8(at + 2);
