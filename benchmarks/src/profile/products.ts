import { modelCost } from '@mmolre/model';
import type { Length } from '../drawn-lengths';
import type { WholeModel } from '../whole-model';

/** A call of a TensorFlow kernel. */
export type KernelCall = {
  kernel: string;
  ms: number;
  /** Of its inputs, and of its first output. */
  shapes: { inputs: readonly (readonly number[])[]; output: readonly number[] };
  /** Which side of a matrix product is transposed. */
  transposed: { a: boolean; b: boolean };
};

const sizeOf = (shape: readonly number[] = []) => shape.reduce((size, length) => size * length, 1);

/** Multiply-adds of a matrix product or a convolution, from its shapes; 0 of every other kernel. */
export function multiplyAdds({ kernel, shapes: { inputs, output }, transposed }: KernelCall): number {
  const [first = [], second = [], third = []] = inputs;
  switch (kernel) {
    case 'MatMul':
    case '_FusedMatMul':
    case 'MmolreProduct':
    case 'MmolreProductTransposed':
    case 'MmolreLinear': // of a packed weight too
    case 'BatchMatMul':
    case 'BatchMatMulV2':
      return sizeOf(output) * (first.at(transposed.a ? -2 : -1) ?? 0);
    case 'Conv2D': // x, then the filter [height, width, in, out]
    case 'MmolreConvolution': // the same, without height
    case 'MmolreExpertUnits': // of every unit that is held, the same
    case 'MmolreGroupedConvolution':
      return sizeOf(output) * (sizeOf(second) / second.at(-1)!);
    case 'Conv2DBackpropInput': // the input's sizes, the filter, the gradient of the output
      return sizeOf(third) * (sizeOf(second) / second.at(-1)!);
    case 'Conv2DBackpropFilter': // x, the filter's sizes, the gradient of the output
      return sizeOf(third) * (sizeOf(output) / output.at(-1)!);
    case 'MmolreGroupedConvolutionGradient': // x, the filter, the gradient of the output
      return 2 * sizeOf(third) * (sizeOf(second) / second.at(-1)!);
    case 'MmolreExpertUnitsGradient': // x, the weights, .., the units' gradient
      return 2 * sizeOf(inputs.at(-1)) * (sizeOf(second) / second.at(-1)!);
    case 'MmolreExpertSums': // units, gates, then [S, D]
      return sizeOf(first) * third.at(-1)!;
    case 'MmolreExpertSumsGradient':
      return 2 * sizeOf(first) * third.at(-1)!;
    case 'MmolreAttention':
      return 2 * attentionProduct(inputs);
    case 'MmolreAttentionGradient': // the scores are computed once more
      return 5 * attentionProduct(inputs);
    default:
      return 0;
  }
}

/** One of attention's products, of rows of queries and of keys, and a mask [B, K]; taking all sequences to be of one length. */
function attentionProduct([queries = [], keys = [], , mask = []]: KernelCall['shapes']['inputs']): number {
  return (sizeOf(queries) * keys[0]!) / mask[0]!;
}

/** Billions of floating-point operations a second: a multiply-add is two. */
export const gflops = (multiplyAdds: number, ms: number): number => (2 * multiplyAdds) / ms / 1e6;

export type KernelRow = {
  kernel: string;
  calls: number;
  ms: number /** Of all kernels' time */;
  share: number;
  multiplyAdds: number;
};

/** The calls of each kernel together, the longest first. */
export function byKernel(calls: readonly KernelCall[]): KernelRow[] {
  const all = calls.reduce((sum, { ms }) => sum + ms, 0);
  const rows = new Map<string, KernelRow>();
  for (const call of calls) {
    const row = rows.get(call.kernel) ?? { kernel: call.kernel, calls: 0, ms: 0, share: 0, multiplyAdds: 0 };
    row.calls += 1;
    row.ms += call.ms;
    row.multiplyAdds += multiplyAdds(call);
    rows.set(call.kernel, row);
  }
  return [...rows.values()].map((row) => ({ ...row, share: row.ms / all })).sort((a, b) => b.ms - a.ms);
}

/**
 * Multiply-adds that a training step on samples of these lengths cannot do without, padding not counted: forward, and twice as many for the
 * gradients of what is read and of the weights. The frozen convolutions have no gradient; what reads them has none of its input.
 */
export function stepMultiplyAdds({ model, text, audio }: WholeModel, lengths: readonly Length[]): number {
  const times: Record<string, number> = { 'audio.feature_extractor': 1, 'audio.feature_projection': 2 };
  return lengths.reduce((sum, { seconds, tokens }) => {
    const input = { seconds: Math.min(seconds, model.audio.maxSeconds), tokens };
    const { components } = modelCost(model, input, 'selected', { text, audio });
    return components.reduce((sum, part) => sum + part.multiplyAdds * (times[part.name] ?? 3), sum);
  }, 0);
}
