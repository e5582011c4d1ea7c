import { TASK_MOE_DEFAULTS } from './defaults';
import type { TaskMoeOptions, TaskMoeParams } from './types';

// N shared experts, S the sum of their ranks

export type FilledOptions = Required<TaskMoeOptions>;

/**
 * The options of a block with nothing left out: the paper's, all shared experts active, their ranks equal.
 *
 * @throws If the ranks are not those of the parameters, or are needed: the experts cannot all have one.
 */
export function fillOptions(options: TaskMoeOptions, { shared }: TaskMoeParams): FilledOptions {
  const [N, S] = [shared.upBias.shape[0], shared.down.shape[2]];
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const ranks = options.ranks ?? equalRanks(N, S);
  if (ranks.length !== N || ranks.reduce((sum, rank) => sum + rank, 0) !== S)
    throw new Error(`taskMoe ranks: expected ${N} of them, ${S} in sum, got [${ranks.join(', ')}]`);
  return { ...TASK_MOE_DEFAULTS, topK: N, ...given, ranks };
}

function equalRanks(N: number, S: number): number[] {
  if (S % N !== 0)
    throw new Error(
      `taskMoe ranks: expected them in the options, as ${S} hidden units are no equal parts for ${N} experts`,
    );
  return new Array<number>(N).fill(S / N);
}
