import createOpus from 'ogv/dist/ogv-decoder-audio-opus-wasm.js';
import createVorbis from 'ogv/dist/ogv-decoder-audio-vorbis-wasm.js';
import { type AudioHeader, HeaderError } from './audio-header';
import { oggPackets } from './ogg-packets';

/** Packets that say what the decoder has to know, before those with samples. */
const DECODERS = {
  opus: { create: createOpus, headers: 2 },
  'ogg vorbis': { create: createVorbis, headers: 3 },
};

/**
 * Decodes an Ogg file packet by packet. What the last page's packets hold behind the end that it names is left out; a packet that cannot be
 * decoded gives no samples.
 *
 * @throws HeaderError if it is damaged.
 */
export async function* decodeOgg(
  file: Uint8Array,
  format: keyof typeof DECODERS,
  { maxFrames }: AudioHeader,
): AsyncGenerator<readonly Float32Array[]> {
  const { create, headers } = DECODERS[format];
  const decoder = await create();
  decoder.init(() => {});
  let [count, length] = [0, 0];
  for (const { bytes, onLastPage } of oggPackets(file)) {
    decoder.audioBuffer = null;
    if (count++ < headers) {
      decoder.processHeader(bytes, (fine) => {
        if (!fine) throw new HeaderError(`damaged: it cannot be decoded as ${format}`);
      });
      continue;
    }
    decoder.processAudio(bytes, () => {});
    const channels: Float32Array[] = decoder.audioBuffer ?? [];
    const left = onLastPage ? Math.max(0, maxFrames - length) : Number.POSITIVE_INFINITY;
    length += channels[0]?.length ?? 0;
    yield channels.map((samples) => samples.subarray(0, left));
  }
}
