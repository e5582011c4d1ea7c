import { activations } from '@mmolre/nn';
import * as tf from '@tensorflow/tfjs';
import { TASK_MOE_DEFAULTS } from './defaults';
import { SHARED_STREAM } from './ple';
import type { TaskMoeConfig } from './types';

type LayerArgs = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;
type MoeConfig = Required<Omit<TaskMoeConfig, 'dModel' | 'expertBias'>>;

/** What the layer adds to the configuration of `initUniTse` and the options of `uniTse`. */
type Extra = {
  /** Stacked blocks; each after the first reads its task's output of the one before. Default 1. */
  numBlocks: number;
  /** Of the initial weights, and of the noise in training. Default 0. */
  seed: number;
  /** Times the sum of all blocks' and tasks' balance losses, which is added to the loss that `fit` minimises. Default 0. */
  balanceWeight: number;
  /** Times the sum of all blocks' and tasks' z-losses, added likewise. Default 0. */
  zLossWeight: number;
  /**
   * Rate of loss-free balancing: every training call moves the bias of each expert in each router by it, towards equal use. Default 0, no
   * bias; the paper of it has 0.001. Not with `ple`.
   */
  balanceRate: number;
};

type DenseArgs = Parameters<typeof tf.layers.dense>[0];
/** What every matrix starts from, and what is added to the loss for it, as `tf.layers` takes them; null for the package's own and none. */
type Kernel = {
  kernelInitializer: DenseArgs['kernelInitializer'] | tf.serialization.ConfigDict | null;
  kernelRegularizer: DenseArgs['kernelRegularizer'] | tf.serialization.ConfigDict | null;
};

/** With what is made of an initializer or a regularizer as a saved model has it, `{ className, config }`. */
export type TaskMoeLayerConfig = MoeConfig & Extra & Record<keyof Kernel, tf.serialization.ConfigDict | null>;

/**
 * What a `TaskMoeLayer` is made from: `ranks` and `taskRank`, whatever else `uniTse` has as an option (`tasks` defaults to one task named
 * `output`, `topK` to all experts, the rest to what the paper has), and what every `tf.layers` layer takes.
 */
export type TaskMoeLayerArgs = LayerArgs & Partial<MoeConfig & Extra & Kernel> & Pick<MoeConfig, 'ranks' | 'taskRank'>;

const defaults = {
  ...TASK_MOE_DEFAULTS,
  tasks: ['output'],
  numBlocks: 1,
  seed: 0,
  balanceWeight: 0,
  zLossWeight: 0,
  balanceRate: 0,
  kernelInitializer: null,
  kernelRegularizer: null,
} satisfies Required<Omit<TaskMoeLayerConfig, 'ranks' | 'topK' | 'taskRank'>>;

const names = ['ranks', 'topK', 'taskRank', ...Object.keys(defaults)];
const layerNames = [
  'inputShape',
  'batchInputShape',
  'batchSize',
  'dtype',
  'name',
  'trainable',
  'weights',
  'inputDType',
];

const isCount = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
const isAmount = (value: unknown) => typeof value === 'number' && value >= 0 && Number.isFinite(value);
const isList = (value: unknown, each: (item: unknown) => boolean) =>
  Array.isArray(value) && value.length > 0 && value.every(each);
const isTask = (value: unknown) => typeof value === 'string' && /^[A-Za-z0-9][\w-]*$/.test(value);
const oneOf = (...choices: unknown[]): [string, (value: unknown) => boolean] => [
  choices.join(' or '),
  (value) => choices.includes(value),
];

/** What each argument must be, in words and as a test. */
const rules: Record<keyof (MoeConfig & Extra), [string, (value: unknown, config: TaskMoeLayerConfig) => boolean]> = {
  ranks: [
    'a list of ranks, one a shared expert, at least one of them above 0',
    (value) => isList(value, (rank) => rank === 0 || isCount(rank)) && (value as number[]).some((rank) => rank > 0),
  ],
  topK: ['1 .. the number of ranks', (value, { ranks }) => isCount(value) && (value as number) <= ranks.length],
  taskRank: ['a positive integer', isCount],
  tasks: [
    'different names of letters, digits, _ and -',
    (value) => isList(value, isTask) && new Set(value as string[]).size === (value as string[]).length,
  ],
  mixture: oneOf('mmolre', 'mmoe', 'ple'),
  expertActivation: oneOf(...Object.keys(activations)),
  routerActivation: oneOf(...Object.keys(activations)),
  routing: oneOf('sample', 'token'),
  renormaliseGates: oneOf(true, false),
  gateNoise: ['a number from 0', isAmount],
  residual: oneOf(true, false),
  norm: oneOf(true, false),
  upKernel: oneOf(1, 3),
  form: oneOf('auto', 'loop', 'fused', 'sparse'),
  numBlocks: ['a positive integer', isCount],
  seed: ['an integer', Number.isInteger],
  balanceWeight: ['a number from 0', isAmount],
  zLossWeight: ['a number from 0', isAmount],
  balanceRate: [
    'a number from 0, and 0 with ple',
    (value, { mixture }) => isAmount(value) && (mixture !== 'ple' || value === 0),
  ],
};

const kernelRules: Record<keyof Kernel, string> = {
  kernelInitializer: 'a name or an object of tf.initializers',
  kernelRegularizer: 'a name or an object of tf.regularizers',
};

/**
 * Fills in defaults and refuses what cannot be meant.
 *
 * @throws One line with the argument, what is expected of it and what it was.
 */
export function layerConfig(args: TaskMoeLayerArgs): TaskMoeLayerConfig {
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  const unknown = given.find(([name]) => !names.includes(name) && !layerNames.includes(name))?.[0];
  if (unknown) throw new Error(`TaskMoeLayer: no argument is called ${unknown}; there are ${names.join(', ')}`);
  const own = Object.fromEntries(given.filter(([name]) => names.includes(name))) as TaskMoeLayerArgs;
  const saved = {
    kernelInitializer: savedKernelPart('kernelInitializer', own),
    kernelRegularizer: savedKernelPart('kernelRegularizer', own),
  };
  const config = { ...defaults, topK: own.ranks?.length, ...own, ...saved } as TaskMoeLayerConfig;
  for (const [name, [expected, holds]] of Object.entries(rules)) {
    const value = config[name as keyof TaskMoeLayerConfig];
    const found = value === undefined ? 'nothing' : JSON.stringify(value);
    if (!holds(value, config)) throw new Error(`TaskMoeLayer ${name}: expected ${expected}, got ${found}`);
  }
  if (config.mixture === 'ple' && config.tasks.includes(SHARED_STREAM)) {
    throw new Error(`TaskMoeLayer tasks: with ple, '${SHARED_STREAM}' is the name of the shared stream; take another`);
  }
  return config;
}

type KernelParts = {
  kernelInitializer: ReturnType<typeof tf.initializers.zeros>;
  kernelRegularizer: ReturnType<typeof tf.regularizers.l1l2> | undefined;
};

/** The objects of an initializer and a regularizer: a dense layer finds them, as tfjs exports no function that does. */
export function kernelParts(kernel: Kernel): KernelParts {
  return dense(kernel) as unknown as KernelParts;
}

/** As a saved model has it. @throws If `tf.layers` knows none like it. */
function savedKernelPart(part: keyof Kernel, { [part]: given }: Partial<Kernel>) {
  if (!given) return null;
  try {
    return dense({ [part]: given }).getConfig()[part] as tf.serialization.ConfigDict;
  } catch {
    const found = typeof given === 'object' ? 'another object' : JSON.stringify(given);
    throw new Error(`TaskMoeLayer ${part}: expected ${kernelRules[part]}, got ${found}`);
  }
}

/** Named, so that it takes no number from the layers of a model. */
function dense({ kernelInitializer, kernelRegularizer }: Partial<Kernel>) {
  return tf.layers.dense({
    units: 1,
    name: 'kernel',
    kernelInitializer: kernelInitializer ?? 'zeros',
    ...(kernelRegularizer && { kernelRegularizer }),
  } as DenseArgs);
}

/**
 * A config as a saved model can carry it. Saving turns every string into snake_case and loading turns it into camelCase (`my_task`
 * comes back as `myTask`), all but one under the key `name`: so each string is put there.
 */
export function toSaved(config: TaskMoeLayerConfig): tf.serialization.ConfigDict {
  return mapValues(config, (value) => (typeof value === 'string' ? { name: value } : value));
}

/** The inverse of `toSaved`. Strings of a config written by hand stay as they are. */
export function fromSaved(saved: tf.serialization.ConfigDict): TaskMoeLayerArgs {
  const unwrap = (value: unknown) => {
    const isWrapped = typeof value === 'object' && value !== null && Object.keys(value).join() === 'name';
    return isWrapped ? (value as { name: string }).name : value;
  };
  return mapValues(saved, unwrap) as unknown as TaskMoeLayerArgs;
}

/** Changes every value of a config and every item of its lists. */
function mapValues(record: object, change: (value: unknown) => unknown): tf.serialization.ConfigDict {
  const apply = (value: unknown): unknown => (Array.isArray(value) ? value.map(apply) : change(value));
  const entries = Object.entries(record).map(([key, value]) => [key, apply(value)]);
  return Object.fromEntries(entries) as tf.serialization.ConfigDict;
}
