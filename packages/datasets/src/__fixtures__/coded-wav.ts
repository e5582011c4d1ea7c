// Wav files in forms of which only this test makes some. Each is a square wave at 0.1 of full scale, 0.25 s at 16 kHz or near it.

const chunk = (name: string, content: Buffer, size = content.length) => {
  const head = Buffer.alloc(8);
  head.write(name, 0, 'latin1');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, content]);
};

function format(tag: number, { bits, block, bytesPerSecond }: Record<'bits' | 'block' | 'bytesPerSecond', number>, more: Buffer) {
  const fields = Buffer.alloc(18);
  fields.writeUInt16LE(tag, 0);
  fields.writeUInt16LE(1, 2);
  fields.writeUInt32LE(16_000, 4);
  fields.writeUInt32LE(bytesPerSecond, 8);
  fields.writeUInt16LE(block, 12);
  fields.writeUInt16LE(bits, 14);
  fields.writeUInt16LE(more.length, 16);
  return Buffer.concat([fields, more]);
}

const riff = (fmt: Buffer, data: Buffer, frames: number) => {
  const fact = Buffer.alloc(4);
  fact.writeUInt32LE(frames);
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', fmt), chunk('fact', fact), chunk('data', data)]));
};

/** High and low in turn, eight samples each. */
const square = (count: number, high: number, low: number) =>
  Buffer.from(Array.from({ length: count }, (_, i) => (i % 16 < 8 ? high : low)));

/** Blocks of 256 bytes with four bits a sample, each of which holds one value. */
const blocks = (count: number, head: (value: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => Buffer.concat([head(i % 2 ? -3_000 : 3_000), Buffer.alloc(256)]).subarray(0, 256)));

function uint16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => bytes.writeUInt16LE(value & 0xffff, 2 * i));
  return bytes;
}

const aLaw = () => riff(format(6, { bits: 8, block: 1, bytesPerSecond: 16_000 }, Buffer.alloc(0)), square(4_000, 0x9c, 0x1c), 4_000);
const muLaw = () => riff(format(7, { bits: 8, block: 1, bytesPerSecond: 16_000 }, Buffer.alloc(0)), square(4_000, 0xb0, 0x30), 4_000);

/** Four blocks of 505 samples. */
function imaAdpcm(): Buffer {
  const data = blocks(4, (value) => uint16(value, 0));
  return riff(format(0x11, { bits: 4, block: 256, bytesPerSecond: 8_110 }, uint16(505)), data, 2_020);
}

/** Four blocks of 500 samples. */
function msAdpcm(): Buffer {
  const coefficients = [256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232];
  const data = blocks(4, (value) => Buffer.concat([Buffer.from([0]), uint16(16, value, value)]));
  return riff(format(2, { bits: 4, block: 256, bytesPerSecond: 8_192 }, uint16(500, 7, ...coefficients)), data, 2_000);
}

/** Sizes stand in a chunk of their own, as 64 bits. */
function rf64(): Buffer {
  const data = Buffer.alloc(8_000);
  for (let i = 0; i < 4_000; i++) data.writeInt16LE(i % 16 < 8 ? 3_000 : -3_000, 2 * i);
  const fmt = format(1, { bits: 16, block: 2, bytesPerSecond: 32_000 }, Buffer.alloc(0));
  const sizes = Buffer.alloc(28);
  const content = Buffer.concat([Buffer.from('WAVE'), chunk('ds64', sizes), chunk('fmt ', fmt), chunk('data', data, 0xffffffff)]);
  const at = 12;
  content.writeBigUInt64LE(BigInt(content.length), at);
  content.writeBigUInt64LE(BigInt(data.length), at + 8);
  content.writeBigUInt64LE(4_000n, at + 16);
  return chunk('RF64', content, 0xffffffff);
}

export const codedWav = { aLaw: aLaw(), muLaw: muLaw(), imaAdpcm: imaAdpcm(), msAdpcm: msAdpcm(), rf64: rf64() };
