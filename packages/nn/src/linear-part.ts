import * as tf from '@tensorflow/tfjs';
import { drawKept, dropped } from './dropout';
import { widened } from './kernels/bf16-product';
import { kernels } from './kernels/kernels';
import { asRead, isInBf16, product } from './mat-mul';
import { evaluating, type Mode } from './mode';
import { isFrozen } from './params';

export type LinearParams = {
  /** [dIn, dOut], or what `packWeights` made of it */ weight: tf.Tensor2D;
  /** [dOut] */ bias: tf.Tensor1D;
  /** [dIn, rank], of what LoRA trains beside the weight, under PEFT's names */ lora_A?: { weight: tf.Tensor2D };
  /** [rank, dOut] */ lora_B?: { weight: tf.Tensor2D };
};

/** How what LoRA trains beside a weight is applied. */
export type LoraOptions = {
  /** What the low-rank product is multiplied by: alpha / rank in PEFT. */
  scale: number;
  /** Of what it reads. */
  dropout: number;
};

/** A linear layer within a layer that writes its own gradient. */
export type LinearPart = {
  /** Its parameters. */
  inputs: tf.Tensor[];
  /** The rows as its products read them, and as they are kept for the gradient: `asRead` where products are in bf16. */
  reads(rows: tf.Tensor): tf.Tensor;
  /** rows [n, dIn], or what it `reads` of them -> value [n, dOut], and what `gradients` reads beside the rows. */
  apply(rows: tf.Tensor): { value: tf.Tensor2D; saved: tf.Tensor[] };
  /** Of the rows, and of the parameters in their order; undefined of a frozen one. */
  gradients(rows: tf.Tensor, saved: readonly tf.Tensor[], dy: tf.Tensor): [tf.Tensor2D, ...(tf.Tensor | undefined)[]];
};

/**
 * y = x W + b, and with LoRA's weights, y = x W + b + scale · dropout(x) A B.
 *
 * @throws If there are LoRA's weights and it is not said how they are applied.
 * @see Hu et al., LoRA, 2022
 */
export function linearPart(params: LinearParams, lora?: LoraOptions, mode: Mode = evaluating): LinearPart {
  const { weight, bias, lora_A, lora_B } = params;
  const learns = { weight: !isFrozen(weight), bias: !isFrozen(bias) };
  const base: LinearPart = {
    inputs: [weight, bias],
    reads: (rows) => readWith(rows, weight, rows),
    apply(rows) {
      const read = readWith(rows, weight, weight);
      return { value: project(rows, read, bias), saved: [read] };
    },
    gradients(rows, [weight], dy) {
      if (weight!.rank !== 2) throw new Error('linear: expected weights as they are for a gradient, found packed ones');
      const read = readWith(rows, weight!, dy);
      return [
        product(read, weight!, false, true) as tf.Tensor2D,
        learns.weight ? product(rows, read, true, false) : undefined,
        learns.bias ? kernels().sumRows(dy as tf.Tensor2D) : undefined,
      ];
    },
  };
  if (!lora_A || !lora_B) return base;
  if (!lora) throw new Error('linear: expected the scale and the dropout of its lora_A and lora_B, found none');
  const { scale, dropout: rate } = lora;
  const drop = (x: tf.Tensor, kept: tf.Tensor | undefined) => dropped(x, kept, rate);
  return {
    inputs: [...base.inputs, lora_A.weight, lora_B.weight],
    reads: base.reads,
    apply(rows) {
      const kept = drawKept([rows.shape[0]!, lora_A.weight.shape[0]], rate, mode);
      const narrow = tf.tidy(() => product(drop(widened(rows), kept), lora_A.weight));
      const value = tf.tidy(() =>
        tf.add(base.apply(rows).value, tf.mul(product(narrow, lora_B.weight), scale)),
      ) as tf.Tensor2D;
      return { value, saved: [weight, lora_A.weight, lora_B.weight, narrow, ...(kept ? [kept] : [])] };
    },
    gradients: (rows, [weight, a, b, narrow, kept], dy) => {
      const [dBase, ...grads] = base.gradients(rows, [weight!], dy);
      const dNarrow = tf.mul(product(dy, b!, false, true), scale);
      const dRows = tf.tidy(() => tf.add(dBase, drop(product(dNarrow, a!, false, true), kept))) as tf.Tensor2D;
      const dA = tf.tidy(() => product(drop(widened(rows), kept), dNarrow, true, false));
      return [dRows, ...grads, dA, tf.mul(product(narrow!, dy, true, false), scale)];
    },
  };
}

/** A matrix of a layer as its products read it: `asRead` where those of its rows and weight are in bf16. */
const readWith = (rows: tf.Tensor, weight: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  isInBf16(rows, weight) ? asRead(x) : x;

/** rows [n, dIn] -> [n, dOut], without a gradient: for layers that write their own. */
export function project(rows: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor2D {
  const own = isInBf16(rows, weight) ? undefined : kernels().project;
  return own?.(rows, weight, bias) ?? tf.tidy(() => kernels().addBias(product(rows, weight), bias));
}

/** The gradients of `project`: of the rows, the weight and the bias. */
export function projectGradients(
  rows: tf.Tensor,
  weight: tf.Tensor,
  dy: tf.Tensor,
): [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D] {
  return [
    product(dy, weight, false, true) as tf.Tensor2D,
    product(rows, dy, true, false) as tf.Tensor2D,
    kernels().sumRows(dy as tf.Tensor2D),
  ];
}
