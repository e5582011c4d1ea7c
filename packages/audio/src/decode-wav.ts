import { HeaderError, view } from './audio-header';
import type { ByteSource } from './byte-source';
import type { WavHeader } from './wav-header';

/** Bytes that are read at a time. */
const PART = 65_536;

type ReadSample = (data: DataView, at: number) => number;

/** Integers are divided by 2^(bits - 1), as libsndfile and torchaudio do: -1 is reached, 1 is not. 8 bits are unsigned. */
const integers: Record<number, ReadSample> = {
  8: (data, at) => (data.getUint8(at) - 128) / 128,
  16: (data, at) => data.getInt16(at, true) / 2 ** 15,
  24: (data, at) => (data.getUint16(at, true) + data.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  32: (data, at) => data.getInt32(at, true) / 2 ** 31,
};
const floats: Record<number, ReadSample> = {
  32: (data, at) => data.getFloat32(at, true),
  64: (data, at) => data.getFloat64(at, true),
};

/**
 * The first `count` samples, channels averaged. No more of the file is read than that.
 *
 * @returns [count]
 * @throws HeaderError if the file ends first.
 */
export async function decodeWav(source: ByteSource, header: WavHeader, count: number): Promise<Float32Array> {
  const { channels, bits, float, block, start } = header;
  const sample = (float ? floats : integers)[bits]!;
  const mono = new Float32Array(count);
  const step = Math.max(1, Math.floor(PART / block));
  for (let done = 0; done < count; ) {
    const frames = Math.min(step, count - done);
    const part = await source.read(start + done * block, frames * block);
    if (part.length < frames * block) throw new HeaderError('truncated: the file became shorter while it was read');
    const data = view(part);
    for (let i = 0; i < frames; i++) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++) sum += sample(data, i * block + (channel * bits) / 8);
      mono[done + i] = sum / channels;
    }
    done += frames;
  }
  return mono;
}
