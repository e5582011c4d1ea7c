// Which of two neighbours comes first? Every sequence holds the symbols 1 and 2 side by side in one order or the other, among zeros.
// An average over time sees the same symbols either way; an expert's convolution over three frames sees the order.

import { registerLayers, TaskMoeLayer } from '@mmolre/moe/layers';
import { createRng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';

const [length, symbols] = [8, 4];

/** Sequences of symbols and their labels: 1 where symbol 2 comes first. */
function makeData(size, seed) {
  const rng = createRng(seed);
  const labels = Array.from({ length: size }, () => Math.floor(2 * rng.uniform()));
  const sequences = labels.map((label) => {
    const sequence = Array.from({ length }, () => (rng.uniform() < 0.5 ? 0 : 3));
    sequence.splice(Math.floor((length - 1) * rng.uniform()), 2, ...(label ? [2, 1] : [1, 2]));
    return sequence;
  });
  return { x: tf.oneHot(tf.tensor2d(sequences, [size, length], 'int32'), symbols), y: tf.tensor2d(labels, [size, 1]) };
}

function makeModel(inFront) {
  const model = tf.sequential({
    layers: [
      ...inFront,
      tf.layers.globalAveragePooling1d({ inputShape: [length, symbols] }),
      tf.layers.dense({
        units: 1,
        activation: 'sigmoid',
        kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
      }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.02), loss: 'binaryCrossentropy', metrics: ['accuracy'] });
  return model;
}

async function trainAndTest(model) {
  const [train, test] = [makeData(400, 1), makeData(200, 2)];
  await model.fit(train.x, train.y, { epochs: 15, batchSize: 50, shuffle: false, verbose: 0 });
  const [, accuracy] = model.evaluate(test.x, test.y, { batchSize: 200 });
  return (await accuracy.data())[0];
}

console.log(`accuracy without the mixture: ${(await trainAndTest(makeModel([]))).toFixed(3)}`);

const mixture = new TaskMoeLayer({
  inputShape: [length, symbols],
  ranks: [2, 3, 4, 6], // four shared experts
  taskRank: 2, // and one of the task's own
  topK: 2, // of the four, for each sequence
  expertActivation: 'gelu',
  balanceWeight: 0.01,
  seed: 1,
});
const model = makeModel([mixture]);
console.log(`accuracy with the mixture:    ${(await trainAndTest(model)).toFixed(3)}`);

// Saved (here to memory; `file://` and `indexeddb://` work alike) and loaded, it predicts the same.
registerLayers();
let saved;
await model.save(
  tf.io.withSaveHandler(async (artifacts) => {
    saved = artifacts;
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
  }),
);
const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved));
const { x } = makeData(200, 3);
const difference = tf.max(tf.abs(tf.sub(model.predict(x), loaded.predict(x)))).dataSync()[0];
console.log(`the loaded model differs by:  ${difference}`);
