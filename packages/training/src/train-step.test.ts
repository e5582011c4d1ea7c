import { describeEachBackend } from '@mmolre/backend/test';
import { findPlace } from '@mmolre/encoders/node';
import { createModel, type Example, type Model, type ModelConfig } from '@mmolre/model';
import { adamWMoments, disposeAdamW, disposeParams, initAdamW, variables } from '@mmolre/nn';
import { differingGradients } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compact } from './presets';
import type { TrainingConfig } from './run-config';
import { type StepBatch, trainStep } from './train-step';

/** A small model whose experts, auxiliary heads and variances all train. */
function smallModel(dropout: number): Promise<Model> {
  const { model } = compact();
  const augment = { frequencyWarp: 0, tempo: 0, crop: 1, timeMask: 0, frequencyMask: 0, numMasks: 0 };
  const config: ModelConfig = {
    ...model,
    unitse: { ...model.unitse, numBlocks: 1, ranks: [4, 3, 2], topK: 2, taskRank: 2 },
    text: { kind: 'compact', numLayers: 1, numHeads: 2, width: 16, dropout, maxTokens: 8, trainTable: false },
    audio: { ...model.audio, numLayers: 1, width: 16, dropout, augment } as ModelConfig['audio'],
    fusion: { ...model.fusion, numLayers: 1, width: 16, dropout },
    heads: { hidden: 16, dropout },
    auxiliaryWeight: 0.5,
    taskWeighting: 'uncertainty',
  };
  return createModel(config, 1, { find: findPlace });
}

/** A batch that is computed here as one. */
const wholeBatch = (examples: readonly Example[]): StepBatch => ({
  examples,
  hasAudio: examples.map(({ audio }) => audio !== undefined),
  parts: [examples.map((_, i) => i)],
  own: [{ part: 0, examples }],
});

/** The loss and the gradients of one step that changes no parameter; the gradients are a tenth, which the first moments are. */
function stepOf(model: Model, examples: readonly Example[], change: Partial<TrainingConfig> = {}) {
  const training = { ...compact().training, weightDecay: 0, maxGradNorm: null, modalityDropout: 0, ...change };
  const state = initAdamW(variables(model.params));
  const loss = trainStep(model, wholeBatch(examples), state, training, { learningRate: 0, seed: 7 });
  const moments = adamWMoments(state);
  disposeAdamW(state);
  for (const { second } of moments.values()) second.dispose();
  return { loss, gradients: new Map([...moments].map(([path, { first }]) => [path, first])) };
}
const bits = ({ gradients }: ReturnType<typeof stepOf>) => [...gradients.values()].map((grad) => [...grad.dataSync()]);

/** Texts and recordings of several lengths; each of these, and each label, may be missing. */
const anExample: fc.Arbitrary<Omit<Example, 'id'>> = fc.record(
  {
    text: fc.integer({ min: 1, max: 6 }).map((words) => 'good '.repeat(words)),
    audio: fc
      .tuple(fc.integer({ min: 2000, max: 4000 }), fc.integer({ min: 2, max: 20 }))
      .map(([length, period]) => Float32Array.from({ length }, (_, t) => Math.sin(t / period) + Math.sin(t * t))),
    sentiment: fc.integer({ min: -3, max: 3 }),
    emotions: fc.array(fc.constantFrom(0, 1), { minLength: 6, maxLength: 6 }),
  },
  { requiredKeys: [] },
);
const aBatch = fc
  .array(anExample, { minLength: 2, maxLength: 5 })
  .map((examples) => examples.map((example, i) => ({ ...example, id: `${i}` })));

const tone = (period: number) => Float32Array.from({ length: 4000 }, (_, t) => Math.sin(t / period));
const one: Example = { id: 'a', text: 'so good', audio: tone(5), sentiment: 2, emotions: [1, 0, 0, 0, 0, 0] };
const other: Example = { id: 'b', text: 'bad', audio: tone(9), sentiment: -1 };

describeEachBackend('trainStep', () => {
  test('in parts of any size, loss and gradient are those of the whole batch within 1e-5', async () => {
    const model = await smallModel(0);
    fc.assert(
      fc.property(aBatch, fc.integer({ min: 1, max: 4 }), (examples, microBatch) => {
        const change = { modalityDropout: 0.3 };
        const whole = stepOf(model, examples, change);
        const parts = stepOf(model, examples, { ...change, microBatch });
        expect(Math.abs(parts.loss - whole.loss)).toBeLessThan(1e-5 * Math.max(1, Math.abs(whole.loss)));
        const wanted = Object.fromEntries(whole.gradients);
        expect(differingGradients(parts.gradients, wanted, 1e-5, 1e-2)).toEqual([]);
        tf.dispose([wanted, ...parts.gradients.values()]);
      }),
      { seed: 1, numRuns: 8 },
    );
    disposeParams(model.params);
  });

  test('a part as large as the batch is the batch, to the last bit, dropout included; nothing is left in memory', async () => {
    const model = await smallModel(0.3);
    stepOf(model, [one, other]); // what is kept of recordings and tables is there now
    const before = tf.memory().numTensors;
    const [whole, part] = [null, 2].map((microBatch) => stepOf(model, [one, other], { microBatch }));
    expect(part!.loss).toBe(whole!.loss);
    expect(bits(part!)).toEqual(bits(whole!));
    const halves = stepOf(model, [one, other], { microBatch: 1 });
    for (const { gradients } of [whole!, part!, halves]) tf.dispose([...gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
    disposeParams(model.params);
  });

  test('each part draws a dropout of its own', async () => {
    const model = await smallModel(0.3);
    const alone = stepOf(model, [one]).loss;
    expect(stepOf(model, [one, one], { microBatch: 1 }).loss).not.toBeCloseTo(alone, 3);
    disposeParams(model.params);
  });
});
