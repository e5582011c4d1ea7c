import { formatChunk, pcm16, riffWave } from '../wav-file';

export type WavOptions = {
  sampleRate?: number;
  channels?: number;
  bits?: 8 | 16 | 24 | 32 | 64;
  float?: boolean;
  extensible?: boolean;
  /** A chunk of odd length before the samples, as recorders write notes. */
  note?: boolean;
};

/** A wav file of the given samples, the channels' samples taking turns, in any of the forms that are read. */
export function makeWav(samples: ArrayLike<number>, options: WavOptions = {}): Buffer {
  const { sampleRate = 16_000, channels = 1, bits = 16, float = false, extensible = false, note = false } = options;
  const format = formatChunk({ sampleRate, channels, bits, float });
  return riffWave([
    ['fmt ', extensible ? extended(format) : format],
    ...(note ? [['LIST', Buffer.from('a note!')] as const] : []),
    ['data', bits === 16 ? pcm16(samples) : encoded(samples, bits, float)],
  ]);
}

/** The 40 bytes that say the same: the kind of samples stands in an identifier behind. */
function extended(format: Buffer): Buffer {
  const kind = format.readUInt16LE(0);
  const bits = format.readUInt16LE(14);
  const more = Buffer.alloc(24);
  more.writeUInt16LE(22, 0);
  more.writeUInt16LE(bits, 2);
  more.writeUInt16LE(kind, 8);
  more.set(Buffer.from('000000001000800000aa00389b71', 'hex'), 10);
  const whole = Buffer.concat([format, more]);
  whole.writeUInt16LE(0xfffe, 0);
  return whole;
}

function encoded(samples: ArrayLike<number>, bits: number, float: boolean): Buffer {
  const bytes = bits / 8;
  const data = Buffer.alloc(samples.length * bytes);
  const scale = 2 ** (bits - 1) - 1;
  for (let i = 0; i < samples.length; i++) {
    const at = i * bytes;
    if (float && bits === 32) data.writeFloatLE(samples[i]!, at);
    else if (float) data.writeDoubleLE(samples[i]!, at);
    else if (bits === 8) data.writeUInt8(Math.round(samples[i]! * scale) + 128, at);
    else data.writeIntLE(Math.round(samples[i]! * scale), at, bytes);
  }
  return data;
}
