import { type AudioHeader, ascii, HeaderError, view } from './audio-header';

const WAV_FORMATS = new Map([
  [1, { name: 'PCM', bits: [8, 16, 24, 32] }],
  [3, { name: 'float', bits: [32, 64] }],
]);

/** Finds the format and the samples of a wav file. @throws HeaderError */
export function readWavHeader(bytes: Uint8Array): AudioHeader {
  const data = view(bytes);
  let format: Uint8Array | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = ascii(bytes, at, at + 4);
    const size = data.getUint32(at + 4, true);
    const content = bytes.subarray(at + 8, at + 8 + size);
    if (name === 'fmt ') format = content;
    if (name === 'data') {
      if (!format) throw new HeaderError('a wav file without a format before its data');
      // 0 and 2^32 - 1 are written by programs that do not know the length yet: the data goes on to the end of the file.
      const open = size === 0xffffffff || size === 0;
      const samples = open ? bytes.subarray(at + 8) : content;
      if (!open && content.length < size) {
        throw new HeaderError(`truncated: its header claims ${size} bytes of samples, ${content.length} are there`);
      }
      return wavHeader(format, samples);
    }
    at += 8 + size + (size % 2);
  }
  throw new HeaderError('truncated: a wav file that ends before its samples');
}

function wavHeader(format: Uint8Array, samples: Uint8Array): AudioHeader {
  if (format.length < 16) throw new HeaderError(`a wav format of ${format.length} bytes, expected at least 16`);
  const fields = view(format);
  const extensible = fields.getUint16(0, true) === 0xfffe && format.length >= 26;
  const tag = fields.getUint16(extensible ? 24 : 0, true);
  const channels = fields.getUint16(2, true);
  const sampleRate = fields.getUint32(4, true);
  const block = fields.getUint16(12, true);
  const bits = fields.getUint16(14, true);
  const known = WAV_FORMATS.get(tag);
  if (!known?.bits.includes(bits)) {
    const found = known ? `${known.name} of ${bits} bits` : `format ${tag}`;
    throw new HeaderError(
      `a wav file of a kind that is not read: expected PCM of 8, 16, 24 or 32 bits or float, found ${found}`,
    );
  }
  if (channels === 0 || block !== (channels * bits) / 8) {
    throw new HeaderError(
      `a wav header that contradicts itself: ${channels} channels of ${bits} bits in ${block} bytes`,
    );
  }
  const frames = Math.floor(samples.length / block);
  // Written anew, as the decoder does not skip the padding byte after a chunk of odd length.
  const whole = samples.subarray(0, frames * block);
  const head = Buffer.alloc(12 + 8 + format.length + 8);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(head.length - 8 + whole.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(format.length, 16);
  head.set(format, 20);
  head.write('data', head.length - 8, 'latin1');
  head.writeUInt32LE(whole.length, head.length - 4);
  return { format: 'wav', sampleRate, minFrames: frames, maxFrames: frames, encoded: [head, whole] };
}
