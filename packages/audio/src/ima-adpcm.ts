import { HeaderError, view } from './audio-header';

const STEPS = [
  7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118,
  130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060,
  1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484,
  7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
];
/** How far the next code's step lies from this one's, by the lower three bits of this code. */
const MOVES = [-1, -1, -1, -1, 2, 4, 6, 8];

/**
 * Decodes one block of IMA's ADPCM, or the beginning of one: a head of one sample and a step per channel, then groups of eight codes of
 * 4 bits, the low one first, the channels taking turns by group.
 *
 * @returns [frames * channels], the channels taking turns; 16-bit integers.
 * @throws HeaderError if the step is none.
 */
export function decodeImaAdpcm(block: Uint8Array, channels: number): Int16Array {
  const groups = Math.floor((block.length - 4 * channels) / (4 * channels));
  const samples = new Int16Array((1 + 8 * groups) * channels);
  for (let channel = 0; channel < channels; channel++) {
    let value = view(block).getInt16(4 * channel, true);
    let step = block[4 * channel + 2]!;
    if (step >= STEPS.length) throw new HeaderError(`damaged: a block of ADPCM with step ${step} of ${STEPS.length}`);
    samples[channel] = value;
    for (let i = 0; i < 8 * groups; i++) {
      const byte = block[4 * (channels + (i >> 3) * channels + channel) + ((i & 7) >> 1)]!;
      const code = i % 2 === 0 ? byte & 15 : byte >> 4;
      value = Math.max(-32_768, Math.min(32_767, value + difference(code, STEPS[step]!)));
      step = Math.max(0, Math.min(STEPS.length - 1, step + MOVES[code & 7]!));
      samples[(1 + i) * channels + channel] = value;
    }
  }
  return samples;
}

/** An eighth of the step, and its whole, half and quarter by the code's bits; the fourth bit is the sign. */
function difference(code: number, step: number): number {
  const size = (step >> 3) + (code & 4 ? step : 0) + (code & 2 ? step >> 1 : 0) + (code & 1 ? step >> 2 : 0);
  return code & 8 ? -size : size;
}
