import { HeaderError } from './audio-header';
import { type BitReader, bitReader } from './bit-reader';
import type { FlacFrame } from './flac-frames';
import type { FlacHeader } from './flac-header';

const SAMPLE_BITS = [undefined, 8, 12, undefined, 16, 20, 24, 32];
/** What the next sample is predicted from, the last one first, by the order of a fixed predictor. */
const FIXED = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];
const [LEFT_SIDE, SIDE_RIGHT, MID_SIDE] = [8, 9, 10];

/**
 * Decodes a frame of a flac file, whose checksums were found right before.
 *
 * @returns [channels][samples] integers of the header's size.
 * @throws HeaderError if it is none of the file's, or damaged all the same.
 */
export function flacSamples({ bytes, headerLength, samples }: FlacFrame, header: FlacHeader): Float64Array[] {
  const assignment = bytes[3]! >> 4;
  const channels = assignment < LEFT_SIDE ? assignment + 1 : 2;
  const bits = SAMPLE_BITS[(bytes[3]! >> 1) & 7] ?? header.bits;
  if (assignment > MID_SIDE || channels !== header.channels || bits !== header.bits)
    throw new HeaderError('damaged: a flac frame of another kind than its header says');
  const reader = bitReader(bytes, headerLength);
  // A difference of two channels takes a bit more.
  const isSide = (channel: number) =>
    assignment === SIDE_RIGHT ? channel === 0 : assignment >= LEFT_SIDE && channel === 1;
  const decoded = Array.from({ length: channels }, (_, channel) =>
    readSubframe(reader, samples, bits + (isSide(channel) ? 1 : 0)),
  );
  if (assignment >= LEFT_SIDE) joinStereo(assignment, decoded[0]!, decoded[1]!);
  return decoded;
}

/** From one channel and the difference, or their mean and the difference, to left and right. */
function joinStereo(assignment: number, first: Float64Array, second: Float64Array): void {
  for (let i = 0; i < first.length; i++) {
    const [a, b] = [first[i]!, second[i]!];
    if (assignment === LEFT_SIDE) second[i] = a - b;
    else if (assignment === SIDE_RIGHT) first[i] = a + b;
    else {
      // The mean lost its last bit, which the difference has too.
      const sum = 2 * a + Math.abs(b % 2);
      first[i] = (sum + b) / 2;
      second[i] = (sum - b) / 2;
    }
  }
}

function readSubframe(reader: BitReader, count: number, bits: number): Float64Array {
  const kind = reader.read(7); // the first bit is 0
  const wasted = reader.read(1) ? reader.zeros() + 1 : 0;
  const width = bits - wasted;
  if (width < 1) throw new HeaderError('damaged: a flac frame without bits in its samples');
  const samples = new Float64Array(count);
  if (kind === 0) samples.fill(reader.readSigned(width));
  else if (kind === 1) for (let i = 0; i < count; i++) samples[i] = reader.readSigned(width);
  else if (kind >= 8 && kind <= 12) readPredicted(reader, samples, width, kind - 8);
  else if (kind >= 32 && kind < 64) readPredicted(reader, samples, width, kind - 31, true);
  else throw new HeaderError(`damaged: a flac frame with samples of kind ${kind}`);
  if (wasted > 0) for (let i = 0; i < count; i++) samples[i]! *= 2 ** wasted;
  return samples;
}

/** The first samples as they are, then what the following ones differ by from their prediction. */
function readPredicted(reader: BitReader, samples: Float64Array, width: number, order: number, linear = false): void {
  if (order > samples.length) throw new HeaderError('damaged: a flac frame shorter than what it is predicted from');
  for (let i = 0; i < order; i++) samples[i] = reader.readSigned(width);
  let coefficients = FIXED[order] ?? [];
  let scale = 1;
  if (linear) {
    const precision = reader.read(4) + 1;
    const shift = reader.readSigned(5);
    if (precision === 16 || shift < 0) throw new HeaderError('damaged: a flac frame with a predictor that is none');
    coefficients = Array.from({ length: order }, () => reader.readSigned(precision));
    scale = 2 ** -shift;
  }
  readResidual(reader, samples, order);
  const weights = Float64Array.from(coefficients);
  for (let i = order; i < samples.length; i++) {
    let sum = 0;
    for (let j = 0; j < order; j++) sum += weights[j]! * samples[i - 1 - j]!;
    samples[i]! += Math.floor(sum * scale);
  }
}

/** Differences in Rice codes: in each part of the frame with another number of bits that stand as they are. */
function readResidual(reader: BitReader, samples: Float64Array, order: number): void {
  const method = reader.read(2);
  if (method > 1) throw new HeaderError(`damaged: a flac frame coded by method ${method}`);
  const parameterBits = method === 0 ? 4 : 5;
  const parts = 2 ** reader.read(4);
  const length = samples.length / parts;
  if (!Number.isInteger(length) || length < order)
    throw new HeaderError(`damaged: a flac frame of ${samples.length} samples in ${parts} parts`);
  for (let part = 0, i = order; part < parts; part++) {
    const parameter = reader.read(parameterBits);
    const plainBits = parameter === 2 ** parameterBits - 1 ? reader.read(5) : undefined;
    for (const end = (part + 1) * length; i < end; i++) {
      if (plainBits !== undefined) samples[i] = reader.readSigned(plainBits);
      else {
        const code = reader.zeros() * 2 ** parameter + reader.read(parameter);
        samples[i] = code % 2 === 0 ? code / 2 : -(code + 1) / 2;
      }
    }
  }
}
