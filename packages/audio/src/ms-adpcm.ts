import { HeaderError, view } from './audio-header';

/** What the next sample is predicted from: the last one and the one before it, in 256ths. */
export const MS_COEFFICIENTS = [
  [256, 0],
  [512, -256],
  [0, 0],
  [192, 64],
  [240, 0],
  [460, -208],
  [392, -232],
] as const;
/** By a code: the factor, in 256ths, of the step that the next code is counted in. */
const ADAPTATION = [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];

/**
 * Decodes one block of Microsoft's ADPCM, or the beginning of one: a head of predictor, step and two samples per channel, then codes of
 * 4 bits, the high one first, the channels taking turns.
 *
 * @returns [frames * channels], the channels taking turns; 16-bit integers.
 * @throws HeaderError if the predictor is none.
 */
export function decodeMsAdpcm(block: Uint8Array, channels: number): Int16Array {
  const fields = view(block);
  const head = 7 * channels;
  const samples = new Int16Array(2 * channels + 2 * (block.length - head));
  const steps = new Int32Array(channels);
  const predictors = Array.from({ length: channels }, (_, channel) => {
    const predictor = MS_COEFFICIENTS[block[channel]!];
    if (!predictor) throw new HeaderError(`damaged: a block of ADPCM with predictor ${block[channel]} of 7`);
    steps[channel] = fields.getInt16(channels + 2 * channel, true);
    samples[channels + channel] = fields.getInt16(3 * channels + 2 * channel, true);
    samples[channel] = fields.getInt16(5 * channels + 2 * channel, true);
    return predictor;
  });
  for (let i = 2 * channels; i < samples.length; i++) {
    const channel = i % channels;
    const byte = block[head + ((i - 2 * channels) >> 1)]!;
    const code = i % 2 === 0 ? byte >> 4 : byte & 15;
    const [first, second] = predictors[channel]!;
    const predicted = (samples[i - channels]! * first + samples[i - 2 * channels]! * second) >> 8;
    const value = predicted + (code < 8 ? code : code - 16) * steps[channel]!;
    samples[i] = Math.max(-32_768, Math.min(32_767, value));
    steps[channel] = Math.max(16, (ADAPTATION[code]! * steps[channel]!) >> 8);
  }
  return samples;
}
