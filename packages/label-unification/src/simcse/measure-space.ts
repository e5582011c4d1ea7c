import { evaluating, type Mode, mixSeed } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { alignment, uniformity } from './alignment-uniformity';
import { type SimcseData, viewsOf } from './simcse-data';
import { type SimcseModel, type SimcseTextOptions, simcseModel, type TokenIds } from './simcse-model';

/** Alignment and uniformity of a sentence encoder, lower is better. */
export type SpaceMeasures = {
  /**
   * Supervised, of premise and entailment. Without supervision, of two draws of dropout over the same text: what training sees, and
   * no judgement of meaning.
   */
  alignment: number;
  /** Of the different texts, without dropout: supervised, of the premises. */
  uniformity: number;
  /** Texts, or triplets, that were measured. */
  count: number;
};

export type MeasureOptions = SimcseTextOptions & {
  /** Decides which dropout is drawn. */ seed: number;
  /** At most so many, evenly over the data: 2,000. */ limit?: number | undefined;
};

/** How a model lays out sentences. */
export function measureSpace(model: SimcseModel, data: SimcseData, options: MeasureOptions): SpaceMeasures {
  const views = spread(viewsOf(data), options.limit ?? 2_000);
  const { tokens, ...encoder } = simcseModel(model, options);
  const anchors = views.map(([anchor]) => tokens(anchor!));
  const positives = views.map(([, positive]) => tokens(positive!));
  const all = (ids: readonly TokenIds[], modeOf: (batch: number) => Mode) => embedAll(encoder, ids, modeOf);
  const drawn = (draw: number) => (batch: number) => ({ training: true, seed: mixSeed(options.seed, draw, batch) });
  return tf.tidy(() => {
    const still = all(anchors, () => evaluating);
    const [x, y] =
      data.kind === 'supervised'
        ? [still, all(positives, () => evaluating)]
        : [all(anchors, drawn(1)), all(positives, drawn(2))];
    return { alignment: alignment(x, y), uniformity: uniformity(still), count: views.length };
  });
}

const BATCH = 64;

/** A vector a text, [N, D]; read with texts of about its length. */
function embedAll(
  { prepare, embed }: Pick<ReturnType<typeof simcseModel>, 'prepare' | 'embed'>,
  ids: readonly TokenIds[],
  modeOf: (batch: number) => Mode,
): tf.Tensor2D {
  const order = ids.map((_, i) => i).sort((a, b) => ids[a]!.length - ids[b]!.length);
  return tf.tidy(() => {
    const parts = Array.from({ length: Math.ceil(order.length / BATCH) }, (_, batch) =>
      tf.tidy(() => embed(prepare(order.slice(batch * BATCH, (batch + 1) * BATCH).map((i) => ids[i]!)), modeOf(batch))),
    );
    const places = new Int32Array(order.length);
    order.forEach((i, place) => {
      places[i] = place;
    });
    return tf.gather(tf.concat(parts), tf.tensor1d(places, 'int32'));
  });
}

/** At most `limit` items, evenly over the list. */
function spread<T>(items: readonly T[], limit: number): T[] {
  if (items.length <= limit) return [...items];
  return Array.from({ length: limit }, (_, i) => items[Math.floor((i * items.length) / limit)]!);
}
