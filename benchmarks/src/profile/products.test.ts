import { modelCost } from '@mmolre/model';
import { expect, test } from 'vitest';
import { smallModel } from '../__fixtures__/small-model';
import { byKernel, gflops, type KernelCall, multiplyAdds, stepMultiplyAdds } from './products';

const call = (kernel: string, inputs: number[][], output: number[], a = false, b = false, ms = 1): KernelCall => ({
  kernel,
  ms,
  shapes: { inputs, output },
  transposed: { a, b },
});

test('a product does its output times the axis that it sums over', () => {
  expect(
    multiplyAdds(
      call(
        'BatchMatMulV2',
        [
          [2, 3, 5],
          [2, 5, 7],
        ],
        [2, 3, 7],
      ),
    ),
  ).toBe(2 * 3 * 7 * 5);
  expect(
    multiplyAdds(
      call(
        'BatchMatMulV2',
        [
          [2, 5, 3],
          [2, 7, 5],
        ],
        [2, 3, 7],
        true,
        true,
      ),
    ),
  ).toBe(2 * 3 * 7 * 5);
  expect(
    multiplyAdds(
      call(
        'MatMul',
        [
          [3, 5],
          [5, 7],
        ],
        [3, 7],
      ),
    ),
  ).toBe(105);
});

test('a convolution and both its gradients do the same', () => {
  const [x, filter, y] = [
    [2, 1, 10, 4],
    [1, 3, 4, 6],
    [2, 1, 8, 6],
  ];
  const expected = 2 * 8 * 6 * 3 * 4;
  expect(multiplyAdds(call('Conv2D', [x!, filter!], y!))).toBe(expected);
  expect(multiplyAdds(call('Conv2DBackpropInput', [[4], filter!, y!], x!))).toBe(expected);
  expect(multiplyAdds(call('Conv2DBackpropFilter', [x!, [4], y!], filter!))).toBe(expected);
});

test('so do those of ours, of weights as they are or packed', () => {
  expect(multiplyAdds(call('MmolreLinear', [[3, 5], [5, 7], [7]], [3, 7]))).toBe(105);
  expect(multiplyAdds(call('MmolreLinear', [[3, 5], [1, 5, 32], [7]], [3, 7]))).toBe(105);
  expect(
    multiplyAdds(
      call(
        'MmolreProductTransposed',
        [
          [3, 5],
          [7, 5],
        ],
        [3, 7],
      ),
    ),
  ).toBe(105);
  const [x, filter, y] = [
    [2, 10, 8],
    [3, 4, 6],
    [2, 8, 6],
  ] as const;
  const inGroups = 2 * 8 * 6 * 3 * 4;
  expect(multiplyAdds(call('MmolreGroupedConvolution', [[...x], [...filter], [], [3]], [...y]))).toBe(inGroups);
  const ofGradient = call('MmolreGroupedConvolutionGradient', [[...x], [...filter], [...y], [3]], [...x]);
  expect(multiplyAdds(ofGradient)).toBe(2 * inGroups);
});

test('attention does two products of every query and key, and its gradient five', () => {
  const inputs = [
    [2 * 7, 12],
    [2 * 5, 12],
    [2 * 5, 12],
    [2, 5],
  ];
  expect(multiplyAdds(call('MmolreAttention', inputs, [14, 12]))).toBe(2 * (2 * 7 * 5 * 12));
  expect(multiplyAdds(call('MmolreAttentionGradient', inputs, [14, 12]))).toBe(5 * (2 * 7 * 5 * 12));
});

test('experts work on the units that are held: with all taps and channels, and then with every channel', () => {
  const [x, down, units, up] = [[2, 10, 4], [3, 4, 8], [60], [8, 4]];
  expect(multiplyAdds(call('MmolreExpertUnits', [x, down], units))).toBe(60 * 3 * 4);
  expect(multiplyAdds(call('MmolreExpertUnitsGradient', [x, down, units], x))).toBe(2 * 60 * 3 * 4);
  expect(multiplyAdds(call('MmolreExpertSums', [units, [2, 5], up], x))).toBe(60 * 4);
  expect(multiplyAdds(call('MmolreExpertSumsGradient', [units, [2, 5], up], units))).toBe(2 * 60 * 4);
});

test('a kernel that is no product does none, and one of 1000 x 1000 x 1000 in 10 ms has 200 GF/s', () => {
  expect(multiplyAdds(call('Mul', [[10], [10]], [10]))).toBe(0);
  expect(gflops(1e9, 10)).toBe(200);
});

test('calls are added up by kernel, the longest first', () => {
  const product = (ms: number) =>
    call(
      'MatMul',
      [
        [2, 3],
        [3, 4],
      ],
      [2, 4],
      false,
      false,
      ms,
    );
  const rows = byKernel([product(2), call('Mul', [[1]], [1], false, false, 15), product(3)]);
  expect(rows).toEqual([
    { kernel: 'Mul', calls: 1, ms: 15, share: 0.75, multiplyAdds: 0 },
    { kernel: 'MatMul', calls: 2, ms: 5, share: 0.25, multiplyAdds: 48 },
  ]);
});

test('a step needs three times the forward pass, but for what is frozen; a clip counts up to its cut', () => {
  const lengths = [{ seconds: 2, tokens: 8 }];
  const sizes = { text: smallModel.text, audio: smallModel.audio };
  const { multiplyAdds, components } = modelCost(smallModel.model, { seconds: 2, tokens: 8 }, 'selected', sizes);
  const part = (name: string) => components.find((one) => one.name === name)!.multiplyAdds;
  const frozen = 2 * part('audio.feature_extractor') + part('audio.feature_projection');
  expect(part('audio.feature_extractor')).toBeGreaterThan(0);
  expect(stepMultiplyAdds(smallModel, lengths)).toBe(3 * multiplyAdds - frozen);
  const long = (seconds: number) => stepMultiplyAdds(smallModel, [{ seconds, tokens: 8 }]);
  expect(long(20)).toBe(long(6));
  expect(stepMultiplyAdds(smallModel, [...lengths, ...lengths])).toBe(2 * (3 * multiplyAdds - frozen));
});
