import { HeaderError, view } from './audio-header';
import type { ByteSource } from './byte-source';
import { A_LAW, MU_LAW } from './companded';
import { decodeImaAdpcm } from './ima-adpcm';
import { decodeMsAdpcm } from './ms-adpcm';
import type { WavFormat } from './wav-format';
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
 * The first `count` samples, channels averaged. No more of the file is read than the blocks that hold them.
 *
 * @returns [count]
 * @throws HeaderError if the file ends first, or a block is damaged.
 */
export async function decodeWav(source: ByteSource, header: WavHeader, count: number): Promise<Float32Array> {
  const { block, blockFrames, start, bytes } = header;
  const decode = decoderOf(header);
  const mono = new Float32Array(count);
  const step = Math.max(1, Math.floor(PART / block));
  for (let done = 0; done < count; ) {
    const at = (done / blockFrames) * block;
    const blocks = Math.min(step, Math.ceil((count - done) / blockFrames));
    const length = Math.min(blocks * block, bytes - at);
    const part = await source.read(start + at, length);
    if (part.length < length) throw new HeaderError('truncated: the file became shorter while it was read');
    const samples = decode(part);
    mono.set(samples.subarray(0, count - done), done);
    done += samples.length;
  }
  return mono;
}

/** From whole blocks, the last one of the file perhaps shorter, to the mean of the channels. */
function decoderOf(format: WavFormat): (part: Uint8Array) => Float32Array {
  const { coding, channels, bits, block, framesIn } = format;
  if (coding === 'IMA ADPCM' || coding === 'MS ADPCM') {
    const decodeBlock = coding === 'IMA ADPCM' ? decodeImaAdpcm : decodeMsAdpcm;
    return (part) => {
      const mono = new Float32Array(framesIn(part.length));
      for (let at = 0, done = 0; done < mono.length; at += block) {
        const samples = decodeBlock(part.subarray(at, at + block), channels);
        const frames = mean(channels, samples.length / channels, (i) => samples[i]! / 2 ** 15);
        mono.set(frames, done);
        done += frames.length;
      }
      return mono;
    };
  }
  const sample = sampleReader(coding, bits);
  return (part) => {
    const data = view(part);
    return mean(channels, framesIn(part.length), (i) => sample(data, (i * bits) / 8));
  };
}

function sampleReader(coding: 'PCM' | 'float' | 'A-law' | 'mu-law', bits: number): ReadSample {
  if (coding === 'A-law') return (data, at) => A_LAW[data.getUint8(at)]!;
  if (coding === 'mu-law') return (data, at) => MU_LAW[data.getUint8(at)]!;
  return (coding === 'float' ? floats : integers)[bits]!;
}

/** Of the channels, whose samples take turns. */
function mean(channels: number, frames: number, sample: (index: number) => number): Float32Array {
  const mono = new Float32Array(frames);
  for (let i = 0; i < frames; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += sample(i * channels + channel);
    mono[i] = sum / channels;
  }
  return mono;
}
