import { describeEachBackend } from '@mmolre/backend/test';
import {
  activations,
  applyMask,
  createRng,
  disposeParams,
  freeze,
  mapLeaves,
  normal,
  type Params,
  trainable,
} from '@mmolre/nn';
import { differingGradients, gradientsOf, readFixture, relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  fromPeft,
  type GateTensor,
  initLoraExperts,
  initMixLora,
  type LoraExpertParams,
  type LoraMixtureParams,
  type LoraScaling,
  loraMixture,
  type MixLoraParams,
  mixLora,
  toPeft,
  zLoss,
} from './index';

const fixture = readFixture(new URL('./__fixtures__/lora.safetensors', import.meta.url));
type MixLoraCase = { alpha: number; topK: number; activation: 'gelu' | 'silu' };
const about: { lora: Record<string, LoraScaling>; mixlora: Record<string, MixLoraCase>; z: number } = fixture.about();

const silu = (x: tf.Tensor3D): tf.Tensor3D => tf.mul(x, tf.sigmoid(x));
const row = (gates: GateTensor, n: number) =>
  gates.rank === 3 ? tf.slice(gates, [0, 0, n], [-1, -1, 1]) : tf.expandDims(tf.slice(gates, [0, n], [-1, 1]), 1);

/** x [B, T, dIn] -> W x + b + scale · B A x, one expert by itself. */
function oneLora(base: LoraMixtureParams['base'], expert: LoraExpertParams, x: tf.Tensor3D, scale: number) {
  const times = (x: tf.Tensor, weight: tf.Tensor2D): tf.Tensor3D => {
    const rows = tf.matMul(tf.reshape(x, [-1, weight.shape[1]]) as tf.Tensor2D, weight, false, true);
    return tf.reshape(rows, [...x.shape.slice(0, -1), weight.shape[0]] as [number, number, number]);
  };
  const added = times(times(x, expert.lora_A.weight), expert.lora_B.weight);
  return tf.add(tf.add(times(x, base.weight), base.bias ?? 0), tf.mul(added, scale)) as tf.Tensor3D;
}

const scale = ({ lora_A }: LoraExpertParams, alpha: number, useRslora = false) =>
  alpha / (useRslora ? Math.sqrt(lora_A.weight.shape[0]) : lora_A.weight.shape[0]);

/** Every expert in turn, the definition. */
function loop({ base, experts }: LoraMixtureParams, x: tf.Tensor3D, gates: GateTensor, alpha: number, rs: boolean) {
  const plain = oneLora(base, experts[0]!, x, 0);
  const parts = experts.map((expert, n) =>
    tf.mul(tf.sub(oneLora(base, expert, x, scale(expert, alpha, rs)), plain), row(gates, n)),
  );
  return tf.addN([plain, ...parts]) as tf.Tensor3D;
}

function mixLoraLoop({ base, experts }: MixLoraParams, x: tf.Tensor3D, gates: tf.Tensor3D, alpha: number) {
  const outputs = experts.map((expert, n) => {
    const layer = (name: 'up_proj' | 'down_proj' | 'gate_proj', x: tf.Tensor3D) =>
      oneLora(base[name]!, expert[name]!, x, scale(expert[name]!, alpha));
    const up = layer('up_proj', x);
    const hidden = base.gate_proj ? tf.mul(silu(layer('gate_proj', x)), up) : silu(up);
    return tf.mul(layer('down_proj', hidden as tf.Tensor3D), row(gates, n)) as tf.Tensor3D;
  });
  return tf.addN(outputs) as tf.Tensor3D;
}

const size = fc.integer({ min: 1, max: 7 });
const shapes = fc.record({
  dIn: size,
  dOut: size,
  ranks: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
  lengths: fc.array(fc.nat(4), { minLength: 1, maxLength: 3 }),
  byToken: fc.boolean(),
  useRslora: fc.boolean(),
  isGated: fc.boolean(),
  seed: fc.integer(),
});
type Shape = typeof shapes extends fc.Arbitrary<infer S> ? S : never;

const T = 5;
/** A tree of the same form with normal numbers in it. */
const drawn = <P>(params: P, seed: number): P => {
  const rng = createRng(seed);
  return mapLeaves(params as Params, (leaf) => normal(leaf.shape as [number], 0.7, rng)) as P;
};
const maskOf = (lengths: number[]) =>
  tf.tensor2d(lengths.map((length) => Array.from({ length: T }, (_, t) => (t < length ? 1 : 0)))) as tf.Tensor2D;

function draw({ dIn, dOut, ranks, lengths, byToken, seed, isGated }: Shape) {
  const rng = createRng(seed);
  const B = lengths.length;
  const linear = (dIn: number, dOut: number) => ({ weight: tf.zeros([dOut, dIn]), bias: tf.zeros([dOut]) });
  const base = linear(dIn, dOut) as LoraMixtureParams['base'];
  const lora: LoraMixtureParams = drawn({ base, experts: initLoraExperts(base, ranks, rng) }, seed);
  const gate = isGated && { gate_proj: linear(dIn, dOut) };
  const layers = { up_proj: linear(dIn, dOut), down_proj: linear(dOut, dIn), ...gate } as MixLoraParams['base'];
  const mix = drawn(initMixLora(layers, ranks, rng), seed);
  const x = normal<tf.Rank.R3>([B, T, dIn], 1, rng);
  const gates = normal(byToken ? [B, T, ranks.length] : [B, ranks.length], 1, rng) as GateTensor;
  return { lora, mix, x, gates, mask: maskOf(lengths) };
}

const largest = (x: tf.Tensor) => tf.max(tf.abs(x)).dataSync()[0]!;

describeEachBackend('LoRA', () => {
  beforeEach(() => tf.engine().startScope());
  afterEach(() => tf.engine().endScope());

  /** Value within 1e-5 and every gradient within 1e-4 of the reference's; none of a frozen weight. */
  function expectEqual(name: string, run: (given: Given) => { output: tf.Tensor3D; extra?: tf.Scalar }) {
    const trained = trainable({
      params: fixture.tree<Params>(`${name}.params`),
      input: fixture.tree<Params>(`${name}.input`),
    }) as Given;
    expect(relativeError(run(trained).output, fixture.get(`${name}.output`))).toBeLessThan(1e-5);
    freeze({ mask: trained.input.mask });
    const weight = fixture.get(`${name}.weight`);
    const loss = () => {
      const { output, extra } = run(trained);
      return tf.add(tf.sum(tf.mul(output, weight)), extra ?? 0) as tf.Scalar;
    };
    const theirs = {
      params: fixture.tree<Params>(`${name}.grads.params`),
      input: fixture.tree<Params>(`${name}.grads.input`),
    };
    const { gradients } = gradientsOf(loss, trained as Params);
    expect([...gradients.keys()].filter((path) => /^params\.base/.test(path))).toEqual([]);
    expect(differingGradients(gradients, theirs, 1e-4)).toEqual([]);
    disposeParams(trained as Params);
  }
  type Given = {
    params: LoraMixtureParams & MixLoraParams;
    input: { x: tf.Tensor3D; gates: GateTensor; mask: tf.Tensor2D };
  };

  test.each(Object.entries(about.lora))('%s equals peft', (name, scaling) => {
    expectEqual(name, ({ params, input }) => ({
      output: loraMixture(params, input.x, input.gates, input.mask, scaling),
    }));
  });

  test.each(Object.entries(about.mixlora))('%s and its z-loss equal PyTorch', (name, { alpha, topK, activation }) => {
    expectEqual(name, ({ params, input: { x, mask } }) => {
      const options = { alpha, topK, activation: activation === 'silu' ? silu : activations.gelu };
      const { output, logits } = mixLora(params, x, mask, options);
      const z = zLoss(logits, mask);
      expect(relativeError(z, fixture.get(`${name}.zLoss`))).toBeLessThan(1e-5);
      return { output, extra: tf.mul(z, about.z) };
    });
  });

  test('the fused form is the loop over experts, and its gradients', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        tf.engine().startScope();
        const { lora, x, gates, mask } = draw(shape);
        const trained = trainable({ experts: lora.experts, x, gates } as Params) as {
          experts: LoraExpertParams[];
          x: tf.Tensor3D;
          gates: GateTensor;
        };
        const params = { base: lora.base, experts: trained.experts };
        const scaling = { alpha: 3, useRslora: shape.useRslora };
        const ours = () => loraMixture(params, trained.x, trained.gates, mask, scaling);
        const theirs = () => applyMask(loop(params, trained.x, trained.gates, 3, shape.useRslora), mask);
        expect(relativeError(ours(), theirs())).toBeLessThan(1e-5);
        const of = (run: () => tf.Tensor) =>
          gradientsOf(() => tf.sum(tf.square(run())) as tf.Scalar, trained as Params).gradients;
        expect(differingGradients(of(ours), Object.fromEntries(of(theirs)), 1e-4, 1e-2)).toEqual([]);
        disposeParams(trained as Params);
        tf.engine().endScope();
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  test('MixLoRA with shared products is the loop over whole feed-forwards; the gates of a real frame sum to 1', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 4 }), (shape, k) => {
        tf.engine().startScope();
        const { mix, x, mask } = draw(shape);
        const topK = Math.min(k, shape.ranks.length);
        const { output, gates } = mixLora(mix, x, mask, { alpha: 3, topK, activation: silu });
        expect(relativeError(output, applyMask(mixLoraLoop(mix, x, gates, 3), mask))).toBeLessThan(1e-5);
        expect(largest(tf.sub(tf.sum(gates, 2), mask))).toBeLessThan(1e-6);
        expect(tf.sum(tf.cast(tf.greater(gates, 0), 'float32')).dataSync()[0]).toBe(tf.sum(mask).dataSync()[0]! * topK);
        tf.engine().endScope();
      }),
      { seed: 2, numRuns: 40 },
    );
  });

  test('neither padding nor the order of a batch change a clip', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        tf.engine().startScope();
        const { lora, mix, x, gates, mask } = draw(shape);
        const run = (x: tf.Tensor3D, gates: GateTensor, mask: tf.Tensor2D) => [
          loraMixture(lora, x, gates, mask),
          mixLora(mix, x, mask, { topK: 1, activation: silu }).output,
        ];
        const before = run(x, gates, mask);
        const noise = tf.mul(tf.expandDims(tf.sub(1, mask), 2), 7);
        const reversed = (x: tf.Tensor) => tf.reverse(x, 0);
        const after = run(
          reversed(tf.add(x, noise)) as tf.Tensor3D,
          reversed(gates) as GateTensor,
          reversed(mask) as tf.Tensor2D,
        );
        after.forEach((output, i) => {
          expect(relativeError(reversed(output), before[i]!)).toBeLessThan(1e-6);
          expect(largest(tf.mul(output, tf.expandDims(tf.sub(1, reversed(mask)), 2)))).toBe(0);
        });
        tf.engine().endScope();
      }),
      { seed: 3, numRuns: 30 },
    );
  });

  const some: Shape = {
    dIn: 5,
    dOut: 3,
    ranks: [2, 1, 3],
    lengths: [4, 2],
    byToken: true,
    useRslora: false,
    isGated: true,
    seed: 4,
  };

  test('fresh experts change nothing', () => {
    const { lora, x, gates } = draw(some);
    const experts = initLoraExperts(lora.base, [2, 1, 3], createRng(1));
    expect(
      largest(tf.sub(loraMixture({ ...lora, experts }, x, gates), oneLora(lora.base, experts[0]!, x, 0))),
    ).toBeLessThan(1e-6);
  });

  test('five runs give equal bits, of outputs and gradients', () => {
    const { lora, mix, x, gates, mask } = draw(some);
    const trained = trainable({ lora: lora.experts, mix: mix.experts, router: mix.router } as Params) as {
      lora: LoraExpertParams[];
      mix: MixLoraParams['experts'];
      router: MixLoraParams['router'];
    };
    const loss = () => {
      const a = loraMixture({ ...lora, experts: trained.lora }, x, gates, mask);
      const b = mixLora({ base: mix.base, router: trained.router, experts: trained.mix }, x, mask, {
        activation: silu,
      });
      return tf.add(tf.sum(tf.square(a)), tf.sum(tf.square(b.output))) as tf.Scalar;
    };
    const runs = Array.from({ length: 5 }, () => {
      const { value, gradients } = gradientsOf(loss, trained as Params);
      return [value, ...gradients.values()].map((tensor) => [...tensor.dataSync()]);
    });
    for (const run of runs) expect(run).toEqual(runs[0]);
    disposeParams(trained as Params);
  });

  test('leaks no tensor', () => {
    const { lora, mix, x, gates, mask } = draw(some);
    const experts = trainable(lora.experts as Params) as LoraExpertParams[];
    const step = () => {
      const loss = () => tf.sum(tf.square(loraMixture({ ...lora, experts }, x, gates, mask))) as tf.Scalar;
      tf.dispose(tf.variableGrads(loss));
      tf.dispose(mixLora(mix, x, mask));
    };
    step();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 5; i++) step();
    expect(tf.memory().numTensors).toBe(before);
    disposeParams(experts as Params);
  });

  test("PEFT's names, both ways", () => {
    const { lora } = draw(some);
    const layers = { 'layers.0.mlp.up_proj': lora.experts[0]!, lm_head: lora.experts[1]! };
    const stateDict = toPeft(layers);
    expect([...stateDict.keys()].sort()).toEqual(
      Object.keys(layers)
        .flatMap((path) => ['A', 'B'].map((side) => `base_model.model.${path}.lora_${side}.weight`))
        .sort(),
    );
    expect(fromPeft(stateDict)).toEqual(layers);
  });

  describe('misuse is named', () => {
    test.each([
      [
        'a gate too few',
        () => loraMixture(draw(some).lora, draw(some).x, tf.ones([2, 2])),
        'loraMixture gates: expected [2, 3], got [2, 2]',
      ],
      [
        'frames of another width',
        () => loraMixture(draw(some).lora, tf.ones([2, 5, 4]), tf.ones([2, 3])),
        'loraMixture x: expected [B, T, 5]',
      ],
      [
        'no expert',
        () => loraMixture({ ...draw(some).lora, experts: [] }, draw(some).x, tf.ones([2, 0])),
        'loraMixture experts: expected at least one, got none',
      ],
      [
        'an alpha too few',
        () => loraMixture(draw(some).lora, draw(some).x, tf.ones([2, 3]), undefined, { alpha: [1, 2] }),
        'expected one for all or one for each of 3 experts, got 2',
      ],
      [
        'topK',
        () => mixLora(draw(some).mix, draw(some).x, undefined, { topK: 4 }),
        'mixLora topK: expected 1 .. 3, got 4',
      ],
      [
        'a layer that an expert lacks',
        () => mixLora({ ...draw(some).mix, experts: draw({ ...some, isGated: false }).mix.experts }, draw(some).x),
        'expected a gate_proj in each of 3, got 0',
      ],
      [
        'a layer that the base lacks',
        () => mixLora({ ...draw({ ...some, isGated: false }).mix, experts: draw(some).mix.experts }, draw(some).x),
        'mixLora experts: expected no gate_proj, as the base has none',
      ],
      [
        'a foreign name',
        () => fromPeft(new Map([['q.weight', tf.ones([1])]])),
        'expected names like base_model.model.<path>.lora_A.weight, got q.weight',
      ],
      [
        'half a layer',
        () => fromPeft(new Map([['base_model.model.q.lora_A.weight', tf.ones([1, 2])]])),
        'fromPeft: expected lora_A and lora_B of q, lora_B is missing',
      ],
    ])('%s', (_, run, message) => {
      expect(run as () => unknown).toThrow(message);
    });
  });
});
