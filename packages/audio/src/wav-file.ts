/** A wav file of one channel of 16-bit PCM. What a 16-bit file held comes out as it was. */
export function wavFile(samples: ArrayLike<number>, sampleRate: number): Uint8Array {
  return riffWave([
    ['fmt ', formatChunk({ sampleRate, channels: 1, bits: 16 })],
    ['data', pcm16(samples)],
  ]);
}

/** What a wav file says of its samples. */
export type WavFormat = {
  /** Hz. */
  sampleRate: number;
  channels: number;
  bits: number;
  /** IEEE numbers instead of integers. */
  float?: boolean;
};

/** The 16 bytes of a format chunk. */
export function formatChunk({ sampleRate, channels, bits, float = false }: WavFormat): Buffer {
  const block = (channels * bits) / 8;
  const format = Buffer.alloc(16);
  format.writeUInt16LE(float ? 3 : 1, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(sampleRate, 4);
  format.writeUInt32LE(sampleRate * block, 8);
  format.writeUInt16LE(block, 12);
  format.writeUInt16LE(bits, 14);
  return format;
}

/** Samples as signed 16-bit integers, little endian: times 2^15, as decoders divide; beyond that the nearest that there is. */
export function pcm16(samples: ArrayLike<number>): Buffer {
  const data = Buffer.alloc(2 * samples.length);
  for (let i = 0; i < samples.length; i++) {
    data.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(samples[i]! * 32_768))), 2 * i);
  }
  return data;
}

/** A wav file of these chunks, in their order. */
export function riffWave(chunks: readonly (readonly [name: string, content: Buffer])[]): Buffer {
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks.map(([name, content]) => chunk(name, content))]));
}

function chunk(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 0, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}
