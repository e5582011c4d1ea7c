export type WavOptions = {
  sampleRate?: number;
  channels?: number;
  bits?: 8 | 16 | 24 | 32 | 64;
  float?: boolean;
  extensible?: boolean;
  /** A chunk of odd length before the samples, as recorders write notes. */
  note?: boolean;
};

/** A wav file of the given samples, the channels' samples taking turns. */
export function makeWav(samples: ArrayLike<number>, options: WavOptions = {}): Buffer {
  const { sampleRate = 16_000, channels = 1, bits = 16, float = false, extensible = false, note = false } = options;
  const bytes = bits / 8;
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : float ? 3 : 1, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(sampleRate, 4);
  format.writeUInt32LE(sampleRate * channels * bytes, 8);
  format.writeUInt16LE(channels * bytes, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(bits, 18);
    format.writeUInt16LE(float ? 3 : 1, 24);
    format.set(Buffer.from('000000001000800000aa00389b71', 'hex'), 26);
  }
  const data = Buffer.alloc(samples.length * bytes);
  const scale = 2 ** (bits - 1) - 1;
  for (let i = 0; i < samples.length; i++) {
    const at = i * bytes;
    if (float && bits === 32) data.writeFloatLE(samples[i]!, at);
    else if (float) data.writeDoubleLE(samples[i]!, at);
    else if (bits === 8) data.writeUInt8(Math.round(samples[i]! * scale) + 128, at);
    else data.writeIntLE(Math.round(samples[i]! * scale), at, bytes);
  }
  const chunks = [chunk('fmt ', format), ...(note ? [chunk('LIST', Buffer.from('a note!'))] : []), chunk('data', data)];
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks]);
  return chunk('RIFF', body);
}

function chunk(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 0, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}
