import { applyMask, createRng, mapLeaves, mixSeed } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { expertLoad, lossFreeStep, zLoss } from './balance';
import {
  fromSaved,
  kernelParts,
  layerConfig,
  type TaskMoeLayerArgs,
  type TaskMoeLayerConfig,
  toSaved,
} from './layer-config';
import type { TaskMoeOutput, TaskMoeParams } from './types';
import { initUniTse, uniTse } from './uni-tse';

export type { TaskMoeLayerArgs, TaskMoeLayerConfig } from './layer-config';

// B batch, T time, D dModel

type Shape = tf.Shape;
type Kwargs = Parameters<tf.layers.Layer['call']>[1];
type Weight = tf.layers.Layer['weights'][number];

/**
 * `uniTse` as a layer of `tf.sequential` and `tf.model`: blocks of shared low-rank experts with a router for each task.
 *
 * Inputs: x [B, T, D] for all tasks, or one x for each task in their order; then, if frames are padded, a mask [B, T] (1 = real frame).
 * The mask of a `tf.layers.masking`, or of an embedding with `maskZero`, in front is taken too. Padded frames are set to 0 first.
 * Outputs: [B, T, D] for each task in their order; with one task a single tensor, as a sequential model needs it.
 *
 * Every leaf of the parameter tree is a weight of the layer; `params` gives the tree back, for the functions of this package.
 *
 * @throws If an argument or the shape of an input is none of these.
 * @see MMoLRE, section III-B
 */
export class TaskMoeLayer extends tf.layers.Layer {
  static readonly className = 'TaskMoeLayer';
  /** Everything the layer was made from, defaults filled in: also the options that `uniTse` is called with. */
  readonly config: TaskMoeLayerConfig;
  /**
   * The form of the tree (its leaves are disposed), and the weight of each leaf by its path. A path must not begin with a digit: tfjs
   * takes a saved model that has one for another format.
   */
  private form: { blocks: TaskMoeParams[] } | undefined;
  private readonly weightOf = new Map<string, Weight>();
  /** Weighted balance losses and z-losses of training calls, until `fit` fetches them. */
  private routerLosses: tf.Scalar[] = [];
  private trainingCalls = 0;

  constructor(args: TaskMoeLayerArgs) {
    super(args);
    this.config = layerConfig(args);
    this.supportsMasking = true;
    const { balanceWeight, zLossWeight } = this.config;
    if (balanceWeight > 0 || zLossWeight > 0) this.addLoss(() => this.routerLosses.pop() ?? tf.scalar(0));
  }

  /** The weights as the tree that `uniTse` reads, one entry a block. The leaves belong to the layer: do not dispose them. */
  get params(): TaskMoeParams[] {
    if (!this.form) throw new Error(`${this.name}: no weights yet; apply the layer to an input first`);
    return mapLeaves(this.form, (_, path) => this.weightOf.get(path)!.read()).blocks;
  }

  override build(inputShape: Shape | Shape[]): void {
    const dModel = this.shapesOfX(inputShape)[0]![2]!;
    const { numBlocks, seed, balanceRate, kernelInitializer } = this.config;
    const config = { ...this.config, dModel, expertBias: balanceRate > 0 };
    const blocks = initUniTse(config, numBlocks, createRng(seed));
    const kernel = kernelParts(this.config);
    this.form = mapLeaves({ blocks }, (leaf, path) => {
      const isKernel = leaf.rank > 1 && !path.endsWith('upBias');
      const ours = { apply: () => leaf } as unknown as typeof kernel.kernelInitializer;
      const initializer = isKernel && kernelInitializer ? kernel.kernelInitializer : ours;
      const regularizer = isKernel ? kernel.kernelRegularizer : undefined;
      const learns = !path.endsWith('expertBias');
      this.weightOf.set(path, this.addWeight(path, leaf.shape, 'float32', initializer, regularizer, learns));
      leaf.dispose();
      return leaf;
    });
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    const shapes = this.shapesOfX(inputShape);
    const outputs = this.config.tasks.map((_, i) => shapes[i] ?? shapes[0]!);
    return outputs.length === 1 ? outputs[0]! : outputs;
  }

  /** Passes the mask of masking layers on, to every output. */
  override computeMask(_inputs: tf.Tensor | tf.Tensor[], mask?: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
    const first = [mask].flat()[0] as tf.Tensor;
    return this.config.tasks.length === 1 ? first : this.config.tasks.map(() => first);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Kwargs): tf.Tensor | tf.Tensor[] {
    const { tasks, seed } = this.config;
    const training = kwargs?.training === true;
    const given = [inputs].flat() as tf.Tensor[];
    this.shapesOfX(given.map(({ shape }) => shape)); // may not be those that it was built for
    const { xs, mask } = withMask(given, kwargs?.mask);
    const x = xs.length === 1 ? xs[0]! : Object.fromEntries(tasks.map((task, i) => [task, xs[i]!]));
    const mode = { training, seed: training ? mixSeed(seed, this.trainingCalls++) : 0 };
    const { outputs, blocks } = uniTse(this.params, x, mask, this.config, mode);

    if (training) {
      this.keepRouterLoss(blocks, mask);
      this.balance(blocks);
    }
    const results = tasks.map((task) => outputs[task]!);
    // A gradient's scope frees the rest in training; elsewhere there may be no scope around.
    if (!training) {
      const own = [mask, ...xs, ...blocks.flatMap((block) => Object.values(block).flatMap(Object.values))];
      tf.dispose(own.filter((tensor) => !given.includes(tensor) && !results.includes(tensor)));
    }
    return results.length === 1 ? results[0]! : results;
  }

  private keepRouterLoss(blocks: Record<string, TaskMoeOutput>[], mask: tf.Tensor2D): void {
    const { tasks, balanceWeight, zLossWeight } = this.config;
    const ofTasks = blocks.flatMap((block) => tasks.map((task) => block[task]!));
    const losses = [
      ...(balanceWeight > 0 ? [tf.mul(tf.addN(ofTasks.map(({ balanceLoss }) => balanceLoss)), balanceWeight)] : []),
      ...(zLossWeight > 0 ? [tf.mul(tf.addN(ofTasks.map(({ logits }) => zLoss(logits, mask))), zLossWeight)] : []),
    ];
    if (losses.length === 0) return;
    const sum = losses.length === 1 ? losses[0]! : tf.addN(losses);
    this.routerLosses = [...this.routerLosses.filter((loss) => !loss.isDisposed), sum as tf.Scalar];
  }

  /** One step of loss-free balancing in each router; a layer that is not to be trained keeps its biases. */
  private balance(blocks: Record<string, TaskMoeOutput>[]): void {
    const { tasks, balanceRate } = this.config;
    if (balanceRate === 0 || !this.trainable) return;
    for (const [i, block] of blocks.entries()) {
      for (const task of tasks) {
        const bias = this.weightOf.get(`blocks.${i}.tasks.${task}.router.expertBias`)!;
        const load = () => expertLoad(block[task]!.gates);
        tf.tidy(() => {
          bias.write(lossFreeStep(bias.read() as tf.Tensor1D, load(), balanceRate));
        });
      }
    }
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...toSaved(this.config) };
  }

  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { customObjects: _, ...own } = config; // tfjs adds it when it loads a model
    return new cls(fromSaved(own) as unknown as tf.serialization.ConfigDict);
  }

  /** The shapes of x, one or one for each task, without the mask's. */
  private shapesOfX(inputShape: Shape | Shape[]): Shape[] {
    const { tasks, mixture } = this.config;
    const given = (Array.isArray(inputShape[0]) ? inputShape : [inputShape]) as Shape[];
    const shapes = given.length > 1 && given.at(-1)!.length === 2 ? given.slice(0, -1) : given;
    const dModel = shapes[0]![2] ?? 0;
    const perTask = tasks.length > 1 && mixture !== 'ple'; // the shared stream of ple starts from one x
    const fits = shapes.length === 1 || (perTask && shapes.length === tasks.length);
    if (!fits || shapes.some((shape) => shape.length !== 3 || shape[2] !== dModel) || dModel < 4) {
      const wanted = `one input [B, T, D] with D of 4 or more${perTask ? `, or one for each of ${tasks.join(', ')}` : ''}`;
      const found = given.map((shape) => `[${shape.map((size) => size ?? '?').join(', ')}]`).join(', ');
      throw new Error(`${this.name}: expected ${wanted}, and a mask [B, T] after it if there is one, got ${found}`);
    }
    return shapes;
  }
}

/** The mask, which is the last input, else what masking layers pass on, else all ones; and x with its padded frames set to 0. */
function withMask(
  given: tf.Tensor[],
  passedOn: tf.Tensor | null | undefined,
): { xs: tf.Tensor3D[]; mask: tf.Tensor2D } {
  const xs = given.filter(({ rank }) => rank === 3) as tf.Tensor3D[];
  const found = given.find(({ rank }) => rank === 2) ?? passedOn;
  if (!found) return { xs, mask: tf.ones([xs[0]!.shape[0], xs[0]!.shape[1]]) };
  const mask = tf.cast(found, 'float32') as tf.Tensor2D;
  return { xs: xs.map((x) => applyMask(x, mask)), mask };
}

/** Tells `tf.loadLayersModel` of the layers in this package. Call it once before loading a model that has one. */
export function registerLayers(): void {
  tf.serialization.registerClass(TaskMoeLayer);
}
