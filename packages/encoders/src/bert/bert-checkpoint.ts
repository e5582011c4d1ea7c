import { normal, type Rng } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import type { CheckpointLayout } from '../checkpoint/checkpoint';
import { nest } from '../checkpoint/nest';
import type { BertSize } from '../cost';
import type { BertParams } from './bert';
import type { BertConfig } from './bert-config';

/** The tensors of a BERT's or RoBERTa's checkpoint. Outside the embeddings every matrix is a linear layer's, which the tree transposes. */
export function bertLayout(config: BertSize & Pick<BertConfig, 'kind'>): CheckpointLayout {
  const { dModel: D, width: W } = config;
  const shapes = new Map<string, readonly number[]>();
  const norm = (name: string) => shapes.set(`${name}.weight`, [D]).set(`${name}.bias`, [D]);
  const linear = (name: string, dIn: number, dOut: number) =>
    shapes.set(`${name}.weight`, [dOut, dIn]).set(`${name}.bias`, [dOut]);
  shapes.set('embeddings.word_embeddings.weight', [config.vocabSize, D]);
  shapes.set('embeddings.position_embeddings.weight', [config.maxPositions, D]);
  shapes.set('embeddings.token_type_embeddings.weight', [config.numTokenTypes, D]);
  norm('embeddings.LayerNorm');
  for (let i = 0; i < config.numLayers; i++) {
    const layer = `encoder.layer.${i}`;
    for (const name of ['query', 'key', 'value']) linear(`${layer}.attention.self.${name}`, D, D);
    linear(`${layer}.attention.output.dense`, D, D);
    norm(`${layer}.attention.output.LayerNorm`);
    linear(`${layer}.intermediate.dense`, D, W);
    linear(`${layer}.output.dense`, W, D);
    norm(`${layer}.output.LayerNorm`);
  }
  linear('pooler.dense', D, D);
  const isLinear = (name: string) => shapes.get(name)?.length === 2 && !name.startsWith('embeddings.');
  return {
    shapes,
    prefix: `${config.kind}.`,
    optional: ['pooler'],
    axes: (name) => (isLinear(name) ? [1, 0] : undefined),
  };
}

/** Random parameters as `transformers` starts them: normal weights, zero biases, layer norms of 1 and 0, a zero vector for padding. */
export function initBert(config: BertConfig, rng: Rng): BertParams {
  const { shapes, axes } = bertLayout(config);
  const leaves = new Map<string, tf.Tensor>();
  for (const [name, shape] of shapes) leaves.set(name, initial(name, axes(name) ? [...shape].reverse() : [...shape]));
  return nest<BertParams>(leaves);

  function initial(name: string, shape: number[]): tf.Tensor {
    if (name.endsWith('.bias')) return tf.zeros(shape);
    if (shape.length === 1) return tf.ones(shape);
    const weight = normal<tf.Rank.R2>(shape as [number, number], config.initializerRange, rng);
    const hasPadding = name.includes('word_') || (config.kind === 'roberta' && name.includes('position_'));
    return hasPadding ? zeroRow(weight, config.padId) : weight;
  }
}

/** The table with one row set to 0; the given one is disposed. */
function zeroRow(table: tf.Tensor2D, row: number): tf.Tensor2D {
  const values = table.dataSync();
  table.dispose();
  const [, D] = table.shape;
  values.fill(0, row * D, (row + 1) * D);
  return tf.tensor2d(values, table.shape);
}
