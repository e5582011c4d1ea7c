import { countParams, createRng, disposeParams, leaves, type Params } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bertCost, data2VecAudioCost, data2VecAudioSizes, type EncoderCost, robertaSizes } from './cost';
import { audioCost, initCompactAudio, initCompactText, SUBWORD_COUNT, SUBWORD_WIDTH, textCost } from './index';

const total = (components: readonly EncoderCost[], of: 'parameters' | 'multiplyAdds') =>
  components.reduce((sum, component) => sum + component[of], 0);

/** The number of elements below each component's path. */
function sizesOf(params: Params, components: readonly EncoderCost[]): Record<string, number> {
  const sizes = Object.fromEntries(components.map(({ name }) => [name, 0]));
  for (const [path, leaf] of leaves(params)) sizes[path.split('.')[0]!]! += leaf.size;
  return sizes;
}
const parametersOf = (components: readonly EncoderCost[]) =>
  Object.fromEntries(components.map(({ name, parameters }) => [name, parameters]));

const count = fc.integer({ min: 1, max: 3 });
const text = fc.record({ numLayers: count, width: fc.constantFrom(8, 24), maxTokens: fc.integer({ min: 2, max: 20 }) });
const audio = fc.record({
  numLayers: count,
  width: fc.constantFrom(8, 24),
  maxSeconds: fc.constantFrom(0.5, 1.3, 6),
  numBands: fc.integer({ min: 2, max: 9 }),
  normalise: fc.constantFrom('clip', 'bands'),
  convNorm: fc.constantFrom('layer', 'batch'),
  functionals: fc.constantFrom(null, { dropout: 0 }),
  convs: fc.array(fc.record({ kernel: fc.constantFrom(1, 3, 5), stride: count }), { minLength: 1, maxLength: 3 }),
});
const shared = { kind: 'compact', numHeads: 2, dropout: 0 } as const;

describe('parameters are the number of elements of the tree', () => {
  test('compact text', () => {
    fc.assert(
      fc.property(text, (sizes) => {
        const config = { ...shared, ...sizes, trainTable: true };
        const params = initCompactText(config, tf.zeros([SUBWORD_COUNT, SUBWORD_WIDTH]), createRng(1));
        const { components } = textCost(config, SUBWORD_WIDTH, 2);
        expect(parametersOf(components)).toEqual(sizesOf(params, components));
        disposeParams(params);
      }),
      { numRuns: 4 },
    );
  });

  test('compact audio', () => {
    fc.assert(
      fc.property(audio, fc.constantFrom(8, 12), ({ numBands, ...sizes }, dModel) => {
        const mel = { numBands, lowest: 20, highest: 7600 };
        const augment = { frequencyWarp: 0, tempo: 0, crop: 1, timeMask: 0, frequencyMask: 0, numMasks: 0 };
        const config = { ...shared, ...sizes, mel, augment };
        const params = initCompactAudio(config, dModel, createRng(1));
        const { components, length: frames } = audioCost(config, dModel, sizes.maxSeconds);
        expect(parametersOf(components)).toEqual(sizesOf(params, components));
        expect(frames).toBe(params.positions.shape[0]);
        expect(total(components, 'parameters')).toBe(countParams(params));
        disposeParams(params);
      }),
      { numRuns: 20 },
    );
  });
});

// Counted in Python on transformers 5.23.0: elements of the parameters, and half of what torch.utils.flop_counter of
// PyTorch 2.15.0 counts in a forward pass with the plain ("eager") attention.
describe('against PyTorch', () => {
  test.each([
    ['base', 124_055_040, [1_706_065_920, 8_323_596_288]],
    ['large', 354_310_144, [6_059_458_560, 29_444_014_080]],
  ] as const)('RoBERTa %s, 20 and 96 tokens', (name, parameters, multiplyAdds) => {
    const size = robertaSizes[name];
    expect(total(bertCost(size, 20), 'parameters')).toBe(parameters);
    expect([20, 96].map((tokens) => total(bertCost(size, tokens), 'multiplyAdds'))).toEqual(multiplyAdds);
  });

  test.each([
    ['base', 93_164_288, [6_847_046_656, 42_929_734_656]],
    ['large', 313_276_416, [17_696_402_432, 111_429_266_432]],
  ] as const)('Data2Vec-audio %s, one and six seconds', (name, parameters, multiplyAdds) => {
    const costs = [1, 6].map((seconds) => data2VecAudioCost(data2VecAudioSizes[name], seconds));
    expect(costs.map(({ length }) => length)).toEqual([49, 299]);
    for (const { components } of costs) expect(total(components, 'parameters')).toBe(parameters);
    expect(costs.map(({ components }) => total(components, 'multiplyAdds'))).toEqual(multiplyAdds);
  });
});
