import { describeEachBackend } from '@mmolre/backend/test';
import { applyMask, createRng, leaves, normal } from '@mmolre/nn';
import { relativeError } from '@mmolre/nn/test';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { expertLoad, lossFreeStep, taskMoe, uniTse, zLoss } from './index';
import { registerLayers, TaskMoeLayer, type TaskMoeLayerArgs } from './layers';

const [B, T, D] = [3, 5, 8];
const args: TaskMoeLayerArgs = { ranks: [1, 2, 3], taskRank: 2, topK: 2, seed: 7 };
const tasks = ['sentiment', 'emotion'];

/** What a model is after a trip to a file: its topology as JSON and its weights as bytes. */
async function saveAndLoad(model: tf.LayersModel): Promise<tf.LayersModel> {
  let saved: tf.io.ModelArtifacts | undefined;
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    saved = { ...artifacts, modelTopology: JSON.parse(JSON.stringify(artifacts.modelTopology)) };
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
  });
  await model.save(handler);
  return tf.loadLayersModel(tf.io.fromMemory(saved!));
}

const sequential = (more: Partial<TaskMoeLayerArgs> = {}) =>
  tf.sequential({ layers: [new TaskMoeLayer({ inputShape: [T, D], ...args, ...more })] });

test('a saved model loads once registerLayers was called', async () => {
  await expect(saveAndLoad(sequential())).rejects.toThrow('Unknown layer: TaskMoeLayer');
  registerLayers();
  await saveAndLoad(sequential());
});

describeEachBackend('TaskMoeLayer', () => {
  const rng = createRng(1);
  let x: tf.Tensor3D;
  let mask: tf.Tensor2D;
  beforeAll(() => {
    mask = tf.tensor2d([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0], [B, T]);
    x = applyMask(normal<tf.Rank.R3>([B, T, D], 1, rng), mask);
  });
  const close = (a: tf.Tensor, b: tf.Tensor) => expect(relativeError(a, b)).toBeLessThan(1e-6);
  const many = (output: ReturnType<TaskMoeLayer['apply']>) => output as tf.Tensor3D[];

  describe('computes what uniTse computes', () => {
    test('one task in a sequential model', () => {
      const model = sequential({ numBlocks: 2, residual: true, norm: true });
      const layer = model.layers[0] as TaskMoeLayer;
      const { outputs } = uniTse(layer.params, x, tf.ones([B, T]), layer.config);
      close(model.predict(x) as tf.Tensor, outputs.output!);
    });

    test.each(['mmolre', 'mmoe', 'ple'] as const)('two tasks from one input, %s, padded', (mixture) => {
      const inputs = [tf.input({ shape: [null, D] }), tf.input({ shape: [null] })];
      const layer = new TaskMoeLayer({ ...args, tasks, mixture, numBlocks: 2 });
      const model = tf.model({ inputs, outputs: layer.apply(inputs) as tf.SymbolicTensor[] });
      const { outputs } = uniTse(layer.params, x, mask, layer.config);
      const found = model.predict([x, mask]) as tf.Tensor[];
      tasks.forEach((task, i) => {
        close(found[i]!, outputs[task]!);
      });
    });

    test('an input for each task', () => {
      const other = applyMask(normal<tf.Rank.R3>([B, T, D], 1, rng), mask);
      const layer = new TaskMoeLayer({ ...args, tasks });
      const found = many(layer.apply([x, other, mask]));
      const results = taskMoe(layer.params[0]!, { sentiment: x, emotion: other }, mask, layer.config);
      tasks.forEach((task, i) => {
        close(found[i]!, results[task]!.output);
      });
    });

    test('stacked layers are stacked blocks', () => {
      const first = new TaskMoeLayer({ ...args, tasks });
      const second = new TaskMoeLayer({ ...args, tasks, seed: 8 });
      const found = many(second.apply([...many(first.apply([x, mask])), mask]));
      const { outputs } = uniTse([...first.params, ...second.params], x, mask, first.config);
      tasks.forEach((task, i) => {
        close(found[i]!, outputs[task]!);
      });
    });
  });

  test.each([true, false])('has the gradients of uniTse, in training: %s', (training) => {
    const layer = new TaskMoeLayer({ ...args, tasks, numBlocks: 2, expertActivation: 'gelu', norm: true });
    layer.apply([x, mask]);
    const list = layer.weights.map((weight) => weight.read() as tf.Variable);
    const target = normal<tf.Rank.R3>([B, T, D], 1, rng);
    const gradients = (run: () => tf.Tensor[]) =>
      tf.variableGrads(() => tf.addN(run().map((y) => tf.sum(tf.mul(y, target)))) as tf.Scalar, list).grads;
    const found = gradients(() => many(layer.apply([x, mask], { training })));
    const expected = gradients(() => Object.values(uniTse(layer.params, x, mask, layer.config).outputs));
    expect(Object.keys(found).length).toBe(list.length);
    for (const { name } of list) close(found[name]!, expected[name]!);
  });

  test('padded frames change nothing, whatever is in them and however the mask comes', () => {
    const layer = new TaskMoeLayer(args);
    const alone = layer.apply(tf.slice(x, [2, 0, 0], [1, 3, D])) as tf.Tensor;
    const noisy = tf.where(tf.cast(tf.expandDims(mask, 2), 'bool').tile([1, 1, D]), x, tf.fill(x.shape, 9));
    const byInput = layer.apply([noisy, tf.cast(mask, 'int32')]) as tf.Tensor;
    const masked = tf.sequential({ layers: [tf.layers.masking({ maskValue: 9, inputShape: [T, D] }), layer] });
    for (const output of [byInput, masked.predict(noisy) as tf.Tensor]) {
      close(tf.slice(output, [2, 0, 0], [1, 3, D]), alone);
      expect(tf.max(tf.abs(tf.slice(output, [2, 3, 0], [1, 2, D]))).dataSync()[0]).toBe(0);
    }
  });

  test('several tasks behind a masking layer', () => {
    const input = tf.input({ shape: [T, D] });
    const layer = new TaskMoeLayer({ ...args, tasks });
    const outputs = layer.apply(tf.layers.masking().apply(input)) as tf.SymbolicTensor[];
    const found = tf.model({ inputs: input, outputs }).predict(x) as tf.Tensor[];
    many(layer.apply([x, mask])).forEach((output, i) => {
      close(found[i]!, output);
    });
  });

  test('the weights are the leaves of the tree, in order, and start from the seed', () => {
    const weights = (seed: number) => {
      const layer = sequential({ seed }).layers[0] as TaskMoeLayer;
      expect([...leaves(layer.params).values()]).toEqual(layer.weights.map((weight) => weight.read()));
      expect(layer.weights.map(({ originalName }) => originalName)).toEqual(
        [...leaves(layer.params).keys()].map((path) => `${layer.name}/blocks.${path}`),
      );
      return layer.getWeights().flatMap((weight) => [...weight.dataSync()]);
    };
    expect(weights(7)).toEqual(weights(7));
    expect(weights(7)).not.toEqual(weights(8));
  });

  test('learns in model.fit: which of two neighbours comes first', async () => {
    const model = tf.sequential({
      layers: [
        new TaskMoeLayer({
          inputShape: [4, 4],
          ranks: [2, 3],
          taskRank: 2,
          topK: 1,
          expertActivation: 'gelu',
          seed: 1,
        }),
        tf.layers.globalAveragePooling1d({}),
        tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }) }),
      ],
    });
    model.compile({ optimizer: tf.train.adam(0.03), loss: tf.losses.sigmoidCrossEntropy });
    // One-hot symbols 0 0 1 2 or 0 0 2 1 at one of three places: their counts say nothing.
    const sequences = [0, 1, 2].flatMap((place) =>
      [
        [1, 2],
        [2, 1],
      ].map((pair) => [0, 0].toSpliced(place, 0, ...pair)),
    );
    const inputs = tf.oneHot(tf.tensor2d(sequences, [6, 4], 'int32'), 4).cast('float32');
    const labels = tf.tensor2d([0, 1, 0, 1, 0, 1], [6, 1]);
    const { history } = await model.fit(inputs, labels, { epochs: 80, batchSize: 6, shuffle: false, verbose: 0 });
    expect(history.loss!.at(0)).toBeGreaterThan(0.6);
    expect(history.loss!.at(-1)).toBeLessThan(0.05);
  });

  test('a saved and loaded model gives equal outputs, whatever the names', async () => {
    registerLayers();
    const config = { ...args, tasks: ['my_task', 'Emotion', 'x-Y_2'], renormaliseGates: true, gateNoise: 0.5 };
    const input = tf.input({ shape: [T, D] });
    const first = new TaskMoeLayer({ ...config, numBlocks: 2, upKernel: 3, name: 'encoder_Moe' });
    const second = new TaskMoeLayer({ ...config, mixture: 'mmoe', expertActivation: 'relu', balanceWeight: 0.1 });
    const outputs = second.apply(first.apply(input)) as tf.SymbolicTensor[];
    const model = tf.model({ inputs: input, outputs });
    for (const weight of first.weights) weight.write(tf.add(weight.read(), 0.1));
    const loaded = await saveAndLoad(model);
    expect(loaded.layers.map((layer) => (layer as TaskMoeLayer).config)).toEqual(
      model.layers.map((layer) => (layer as TaskMoeLayer).config),
    );
    const [before, after] = [model.predict(x), loaded.predict(x)] as tf.Tensor[][];
    before!.forEach((output, i) => {
      expect([...after![i]!.dataSync()]).toEqual([...output.dataSync()]);
    });
  });

  describe('balance loss', () => {
    const compiled = (balanceWeight: number, learningRate: number) => {
      const model = sequential({ balanceWeight, topK: 3 });
      // A loss of the outputs that is always 0 leaves the balance loss alone.
      const zero = (_: tf.Tensor, output: tf.Tensor) => tf.mul(tf.sum(output), 0);
      model.compile({ optimizer: tf.train.adam(learningRate), loss: zero });
      const layer = model.layers[0] as TaskMoeLayer;
      const bias = layer.weights.find(({ originalName }) => originalName.endsWith('gate.bias'))!;
      bias.write(tf.tensor1d([1, 0, -1])); // uneven gates
      return { model, layer };
    };
    const balance = ({ params: [block], config }: TaskMoeLayer) =>
      taskMoe(block!, x, tf.ones([B, T]), config).output!.balanceLoss.dataSync()[0]!;
    const options = { epochs: 1, batchSize: B, verbose: 0 } as const;

    test('is part of the loss that fit minimises and reports', async () => {
      const { model, layer } = compiled(0.5, 0.01);
      const before = balance(layer);
      const first = (await model.fit(x, x, options)).history.loss![0]!;
      expect(first).toBeCloseTo(0.5 * before, 5);
      await model.fit(x, x, { ...options, epochs: 30 });
      expect(balance(layer)).toBeLessThan(before / 2);
    });

    test('is not added with weight 0', async () => {
      const { model, layer } = compiled(0, 0.01);
      const before = balance(layer);
      expect((await model.fit(x, x, options)).history.loss![0]).toBe(0);
      expect(balance(layer)).toBe(before);
    });

    test('is there for a training loop of one’s own', () => {
      const { layer } = compiled(0.5, 0);
      const gate = layer.weights
        .find(({ originalName }) => originalName.endsWith('gate.weight'))!
        .read() as tf.Variable;
      const loss = () => {
        layer.apply(x, { training: true });
        return layer.calculateLosses()[0]!;
      };
      const { value, grads } = tf.variableGrads(loss, [gate]);
      expect(value.dataSync()[0]).toBeCloseTo(0.5 * balance(layer), 5);
      expect(tf.max(tf.abs(grads[gate.name]!)).dataSync()[0]).toBeGreaterThan(1e-4);
    });

    test('counts each use of a layer that a model uses twice', async () => {
      const layer = new TaskMoeLayer({ ...args, topK: 3, balanceWeight: 1 });
      const inputs = [tf.input({ shape: [T, D] }), tf.input({ shape: [T, D] })];
      const outputs = inputs.map((input) => layer.apply(input) as tf.SymbolicTensor);
      const model = tf.model({ inputs, outputs });
      const zero = (_: tf.Tensor, output: tf.Tensor) => tf.mul(tf.sum(output), 0);
      model.compile({ optimizer: 'sgd', loss: [zero, zero] });
      const other = normal<tf.Rank.R3>([B, T, D], 1, rng);
      const of = (input: tf.Tensor3D) =>
        taskMoe(layer.params[0]!, input, tf.ones([B, T]), layer.config).output!.balanceLoss.dataSync()[0]!;
      const expected = of(x) + of(other);
      const { history } = await model.fit([x, other], [x, other], options);
      expect(history.loss![0]).toBeCloseTo(expected, 5);
    });
  });

  describe('z-loss, loss-free balancing, initializer and regularizer', () => {
    const zero = (_: tf.Tensor, output: tf.Tensor) => tf.mul(tf.sum(output), 0);
    const options = { epochs: 1, batchSize: B, verbose: 0 } as const;
    const named = (layer: TaskMoeLayer, end: string) =>
      layer.weights.filter(({ originalName }) => originalName.endsWith(end));

    test.each(['sample', 'token'] as const)(
      'the z-loss by %s is part of the loss that fit minimises',
      async (routing) => {
        const model = sequential({ routing, zLossWeight: 0.5 });
        model.compile({ optimizer: tf.train.adam(0.01), loss: zero });
        const layer = model.layers[0] as TaskMoeLayer;
        const of = () =>
          zLoss(taskMoe(layer.params[0]!, x, tf.ones([B, T]), layer.config).output!.logits).dataSync()[0]!;
        const before = of();
        expect((await model.fit(x, x, options)).history.loss![0]).toBeCloseTo(0.5 * before, 5);
        await model.fit(x, x, { ...options, epochs: 30 });
        expect(of()).toBeLessThan(before);
      },
    );

    test.each(['sample', 'token'] as const)(
      'training calls by %s move the biases, saved with the model',
      async (routing) => {
        registerLayers();
        const model = sequential({ routing, topK: 1, balanceRate: 0.25, numBlocks: 2 });
        model.compile({ optimizer: tf.train.sgd(0), loss: 'meanSquaredError' });
        const layer = model.layers[0] as TaskMoeLayer;
        const biases = named(layer, 'expertBias');
        expect(biases.map(({ trainable }) => trainable)).toEqual([false, false]);
        const { gates } = taskMoe(layer.params[0]!, x, tf.ones([B, T]), layer.config).output!;
        const expected = lossFreeStep(tf.zeros([3]), expertLoad(gates), 0.25);
        model.predict(x);
        expect([...biases[0]!.read().dataSync()]).toEqual([0, 0, 0]);
        await model.fit(x, x, options);
        expect([...biases[0]!.read().dataSync()]).toEqual([...expected.dataSync()]);
        const loaded = await saveAndLoad(model);
        expect([...(loaded.predict(x) as tf.Tensor).dataSync()]).toEqual([
          ...(model.predict(x) as tf.Tensor).dataSync(),
        ]);
        expect([
          ...named(loaded.layers[0] as TaskMoeLayer, 'expertBias')[0]!
            .read()
            .dataSync(),
        ]).toEqual([...expected.dataSync()]);
        layer.trainable = false;
        tf.dispose(layer.apply(x, { training: true }) as tf.Tensor);
        expect([...biases[0]!.read().dataSync()]).toEqual([...expected.dataSync()]);
      },
    );

    test('an initializer fills the matrices and a regularizer counts them; both are saved', async () => {
      registerLayers();
      const kernelInitializer = tf.initializers.constant({ value: 0.5 });
      const model = sequential({ kernelInitializer, kernelRegularizer: tf.regularizers.l2({ l2: 0.1 }), norm: true });
      model.compile({ optimizer: tf.train.sgd(0), loss: zero });
      const layer = model.layers[0] as TaskMoeLayer;
      const kernels = layer.weights.filter(
        ({ shape, originalName }) => shape.length > 1 && !/upBias$/.test(originalName),
      );
      expect(kernels.length).toBe(7);
      for (const weight of layer.weights) {
        const values = new Set(weight.read().dataSync());
        expect([...values], weight.originalName).toEqual([
          kernels.includes(weight) ? 0.5 : /norm.weight$/.test(weight.originalName) ? 1 : 0,
        ]);
      }
      const size = kernels.reduce((sum, { shape }) => sum + shape.reduce<number>((a, b) => a * b!, 1), 0);
      expect((await model.fit(x, x, options)).history.loss![0]).toBeCloseTo(0.1 * 0.25 * size, 3);
      const loaded = (await saveAndLoad(model)).layers[0] as TaskMoeLayer;
      expect(loaded.config).toEqual(layer.config);
      expect(loaded.config.kernelRegularizer).toMatchObject({ className: 'L1L2', config: { l2: 0.1 } });
      const byName = sequential({ kernelInitializer: 'glorotNormal' }).layers[0] as TaskMoeLayer;
      expect(byName.config.kernelInitializer).toMatchObject({ className: 'VarianceScaling' });
      expect(tf.layers.dense({ units: 1 }).name).not.toBe('kernel');
    });

    test('leak no tensor', async () => {
      const model = sequential({ routing: 'token', zLossWeight: 0.1, balanceRate: 0.1, kernelRegularizer: 'l1l2' });
      model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
      await model.fit(x, x, options);
      const before = tf.memory().numTensors;
      await model.fit(x, x, options);
      tf.dispose(model.predict(x));
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  test('does not train when it is told not to', async () => {
    const model = tf.sequential({
      layers: [new TaskMoeLayer({ inputShape: [T, D], trainable: false, ...args }), tf.layers.dense({ units: 1 })],
    });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const values = () => model.layers.map((layer) => layer.getWeights().flatMap((weight) => [...weight.dataSync()]));
    const before = values();
    await model.fit(x, tf.ones([B, T, 1]), { epochs: 1, verbose: 0 });
    expect(values()[0]).toEqual(before[0]);
    expect(values()[1]).not.toEqual(before[1]);
  });

  test('noise on the gates in training only, other noise each call', () => {
    const layer = new TaskMoeLayer({ ...args, gateNoise: 1 });
    const run = (training: boolean) => [...(layer.apply(x, { training }) as tf.Tensor).dataSync()];
    const quiet = run(false);
    expect(run(false)).toEqual(quiet);
    const noisy = run(true);
    expect(noisy).not.toEqual(quiet);
    expect(run(true)).not.toEqual(noisy);
  });

  test('leaks no tensor', async () => {
    const layer = new TaskMoeLayer({ ...args, tasks, numBlocks: 2, balanceWeight: 0.1, gateNoise: 0.1 });
    const inputs = [tf.input({ shape: [T, D] }), tf.input({ shape: [T] })];
    const model = tf.model({ inputs, outputs: layer.apply(inputs) as tf.SymbolicTensor[] });
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
    const fit = () => model.fit([x, mask], [x, x], { epochs: 5, batchSize: 2, verbose: 0 });
    await fit();
    const before = tf.memory().numTensors;
    await fit();
    tf.dispose(model.evaluate([x, mask], [x, x]));
    tf.dispose(model.predict([x, mask]));
    tf.dispose(many(layer.apply(x)));
    tf.dispose(many(layer.apply([x, mask])));
    tf.dispose(many(layer.apply([x, x, mask])));
    expect(tf.memory().numTensors).toBe(before);
    const { length } = layer.weights;
    expect(layer.dispose().numDisposedVariables).toBe(length);
    expect(tf.memory().numTensors).toBe(before - length);
  });

  describe('misuse is named', () => {
    const make = (more: object) => () => new TaskMoeLayer({ ...args, ...more } as TaskMoeLayerArgs);
    test.each([
      [{ topk: 2 }, 'TaskMoeLayer: no argument is called topk; there are ranks, topK, taskRank,'],
      [{ ranks: [] }, 'ranks: expected a list of ranks, one a shared expert, at least one of them above 0, got []'],
      [{ ranks: [1.5] }, 'ranks: expected a list of ranks'],
      [{ topK: 4 }, 'topK: expected 1 .. the number of ranks, got 4'],
      [{ taskRank: undefined }, 'taskRank: expected a positive integer, got nothing'],
      [{ tasks: ['a', 'a'] }, 'tasks: expected different names of letters, digits, _ and -, got ["a","a"]'],
      [{ mixture: 'moe' }, 'mixture: expected mmolre or mmoe or ple, got "moe"'],
      [{ expertActivation: 'tanh' }, 'expertActivation: expected identity or relu or gelu'],
      [{ seed: 0.5 }, 'seed: expected an integer, got 0.5'],
      [{ balanceWeight: -1 }, 'balanceWeight: expected a number from 0, got -1'],
      [{ zLossWeight: -1 }, 'zLossWeight: expected a number from 0, got -1'],
      [{ routing: 'frame' }, 'routing: expected sample or token, got "frame"'],
      [{ mixture: 'ple', balanceRate: 0.1 }, 'balanceRate: expected a number from 0, and 0 with ple, got 0.1'],
      [
        { kernelInitializer: 'kaiming' },
        'kernelInitializer: expected a name or an object of tf.initializers, got "kaiming"',
      ],
      [{ kernelRegularizer: 'l7' }, 'kernelRegularizer: expected a name or an object of tf.regularizers, got "l7"'],
      [{ mixture: 'ple', tasks: ['shared', 'b'] }, "tasks: with ple, 'shared' is the name of the shared stream"],
    ])('%j', (more, message) => {
      expect(make(more)).toThrow(message);
    });

    test('inputs', () => {
      const layer = new TaskMoeLayer({ ...args, tasks, name: 'moe' });
      const wanted = 'moe: expected one input [B, T, D] with D of 4 or more, or one for each of sentiment, emotion';
      for (const wrong of [tf.ones([2, 8]), [x, x, x], [mask, x], tf.ones([2, 3, 2])]) {
        expect(() => layer.apply(wrong)).toThrow(wanted);
      }
      expect(() => layer.apply([x, mask, mask])).toThrow('got [3, 5, 8], [3, 5], [3, 5]');
      expect(() => layer.params).toThrow('moe: no weights yet; apply the layer to an input first');
      layer.apply(x);
      expect(() => layer.apply([x, x, x])).toThrow(wanted);
      expect(() => layer.apply(tf.ones([2, 3, 6]))).toThrow('expected [2, 3, 8], got [2, 3, 6]');
    });
  });
});
