import type { ByteSource } from '@mmolre/audio';
import { beyond, nameAt, type Part, partsNamed, partsOf, type ReadHead, type VideoHead, viewAt } from './video-parts';

/** The head of an avi file: one or more RIFF chunks, the first with the list of its streams, `hdrl`. */
export async function readAviHead(source: ByteSource): Promise<VideoHead> {
  let head: VideoHead | undefined;
  for await (const riff of partsOf(source, { from: 0, to: source.size }, readChunkHead)) {
    if (riff.name !== 'RIFF') break; // what stands behind a video is not looked at
    for await (const chunk of partsOf(source, within(riff, source.size), readChunkHead)) {
      const cutShort = beyond(chunk, source.size);
      if (cutShort) return { hasSound: false, cutShort };
      if (await isList(source, chunk, 'hdrl')) head ??= await readStreams(source, chunk);
    }
    const cutShort = beyond(riff, source.size);
    if (cutShort) return { hasSound: false, cutShort };
  }
  return head ?? { hasSound: false, cutShort: 'the list of its streams, "hdrl", is missing' };
}

async function readStreams(source: ByteSource, list: Part): Promise<VideoHead> {
  for await (const stream of partsNamed(source, within(list, source.size), 'LIST', readChunkHead)) {
    for await (const { from } of partsNamed(source, within(stream, source.size), 'strh', readChunkHead)) {
      const fields = await viewAt(source, from, 36);
      if (fields.byteLength < 36 || nameAt(fields, 0) !== 'auds') continue;
      // Its unit of time is scale / rate seconds.
      const seconds = (fields.getUint32(32, true) * fields.getUint32(20, true)) / fields.getUint32(24, true);
      return { hasSound: true, ...(seconds > 0 && Number.isFinite(seconds) && { seconds }) };
    }
  }
  return { hasSound: false };
}

const isList = async (source: ByteSource, { name, from }: Part, kind: string) =>
  name === 'LIST' && nameAt(await viewAt(source, from, 4), 0) === kind;

/** What a RIFF or a list holds: behind the four letters that say its kind, up to the end of the file if its size was never written. */
const within = (part: Part, fileSize: number): Part => ({
  ...part,
  from: part.from + 4,
  to: part.to > part.from ? part.to : fileSize,
});

const readChunkHead: ReadHead = (bytes) => {
  if (bytes.byteLength < 8) return undefined;
  const name = nameAt(bytes, 0);
  const size = bytes.getUint32(4, true);
  if (name === 'LIST' && size === 0) return undefined; // never finished: what it holds goes on to the end
  return { name, head: 8, size: size === 0xffffffff ? 0 : size, padding: size % 2 };
};
