import { TASK_MOE_DEFAULTS } from './defaults';
import type { TaskMoeConfig } from './types';
import { type EachBlock, ofBlock } from './uni-tse';

// D dModel, N shared experts, S the sum of their ranks

/** What a part holds and does for one sample; `name` is the path of its parameters in the tree. */
export type ComponentCost = { name: string; parameters: number; multiplyAdds: number };

/** The sums, and the components they are the sums of. */
export type Cost = { parameters: number; multiplyAdds: number; components: ComponentCost[] };

export type BlockCostOptions = {
  /** The work of all shared experts, or only of those that a sample selects. Default: `selected`. */
  active?: 'all' | 'selected';
  /** Whether all tasks read one x, as in the first block, or each its own. Default: `one`. */
  inputs?: 'one' | 'perTask';
  /** The last block of `ple` has no router for the shared stream. Default: true. */
  isLast?: boolean;
};

/**
 * Parameters of a block, and the multiply-adds of one sample without padding: those of the convolutions, the routers and the gates'
 * linear layers. Biases, norms, activations and the scaling by the gates are not counted.
 *
 * Where tasks read the same x, a shared expert's first convolution is counted once. `selected` is the most that a sample can cost:
 * each router takes the k experts of the largest ranks, and no two take the same one as long as there are others. With routing by token
 * every expert computes every frame, so all are active.
 *
 * @param frames Of the sample.
 * @throws If topK is not 1 .. N.
 */
export function taskMoeCost(config: TaskMoeConfig, frames: number, options: BlockCostOptions = {}): Cost {
  const { dModel: D, tasks, ranks, taskRank, topK = ranks.length, norm = TASK_MOE_DEFAULTS.norm } = config;
  const {
    expertBias = false,
    routing = TASK_MOE_DEFAULTS.routing,
    mixture = TASK_MOE_DEFAULTS.mixture,
    upKernel = TASK_MOE_DEFAULTS.upKernel,
  } = config;
  const { active = 'selected', inputs = 'one', isLast = true } = options;
  const [N, down, up] = [ranks.length, 3 * D, upKernel * D];
  if (topK < 1 || topK > N) throw new Error(`taskMoeCost topK: expected 1 .. ${N}, got ${topK}`);
  const hasStream = mixture === 'ple' && !isLast;
  const readers = tasks.length + (hasStream ? 1 : 0);
  const oneInput = inputs === 'one' || mixture === 'ple'; // the shared experts of ple read their own stream, for whomever
  const chosen = active === 'all' || routing === 'token' ? N : topK;

  const shared: ComponentCost = {
    name: 'shared',
    parameters: sumOfLargest(ranks, N) * (down + 1 + up) + N * D,
    multiplyAdds:
      frames *
      (oneInput
        ? down * sumOfLargest(ranks, readers * chosen) + readers * up * sumOfLargest(ranks, chosen)
        : readers * (down + up) * sumOfLargest(ranks, chosen)),
  };
  const expert = {
    parameters: taskRank * (down + 1 + up) + D,
    multiplyAdds: frames * taskRank * (down + up),
  };
  const inner = Math.floor(D / 4);
  const router = (logits: number) => ({
    parameters: (D + 1) * inner + (inner + 1) * inner + (inner + 1) * logits + (expertBias ? N : 0),
    multiplyAdds: frames * (D * inner + inner * inner) + (routing === 'token' ? frames : 1) * inner * logits,
  });
  const normAt = (path: string): ComponentCost[] =>
    norm ? [{ name: `${path}.norm`, parameters: 2 * D, multiplyAdds: 0 }] : [];

  return totalCost([
    shared,
    ...tasks.flatMap((task) => [
      ...(mixture === 'mmoe' ? [] : [{ name: `tasks.${task}.expert`, ...expert }]),
      { name: `tasks.${task}.router`, ...router(mixture === 'ple' ? N + 1 : N) },
      ...normAt(`tasks.${task}`),
    ]),
    ...(hasStream ? [{ name: 'stream.router', ...router(N + tasks.length) }, ...normAt('stream')] : []),
  ]);
}

/** Each block of a UniTSE, first to last: `taskMoeCost` with one x in the first, and one x a task in the others. */
export function uniTseCost(
  config: EachBlock<TaskMoeConfig>,
  numBlocks: number,
  frames: number,
  active: BlockCostOptions['active'] = 'selected',
): Cost[] {
  return Array.from({ length: numBlocks }, (_, i) =>
    taskMoeCost(ofBlock(config, i), frames, {
      active,
      inputs: i === 0 ? 'one' : 'perTask',
      isLast: i === numBlocks - 1,
    }),
  );
}

/** The standard mixture of experts to compare with: the same block with every rank equal to dModel. */
export function fullRank<Config extends TaskMoeConfig>(config: Config): Config {
  return { ...config, ranks: config.ranks.map(() => config.dModel), taskRank: config.dModel };
}

/**
 * How many times a block's parameters, and its multiply-adds per frame and task with all experts active, the standard mixture of
 * experts has. Every task is counted by itself here, as the paper counts: 5.73 and 5.86 for its setting on MOSEI.
 *
 * @see MMoLRE, section III-B
 */
export function standardMoeRatios(config: TaskMoeConfig, frames: number): { parameters: number; multiplyAdds: number } {
  const standard = fullRank(config);
  const oneTask = (of: TaskMoeConfig) => ({ ...of, tasks: of.tasks.slice(0, 1) });
  const work = (of: TaskMoeConfig) => taskMoeCost(oneTask(of), frames, { active: 'all' }).multiplyAdds;
  return {
    parameters: taskMoeCost(standard, frames).parameters / taskMoeCost(config, frames).parameters,
    multiplyAdds: work(standard) / work(config),
  };
}

export function totalCost(components: ComponentCost[]): Cost {
  const sum = (pick: (component: ComponentCost) => number) =>
    components.reduce((total, component) => total + pick(component), 0);
  return { parameters: sum((c) => c.parameters), multiplyAdds: sum((c) => c.multiplyAdds), components };
}

function sumOfLargest(ranks: readonly number[], count: number): number {
  const sorted = [...ranks].sort((a, b) => b - a);
  return sorted.slice(0, count).reduce((sum, rank) => sum + rank, 0);
}
