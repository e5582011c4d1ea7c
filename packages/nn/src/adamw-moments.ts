import type * as tf from '@tensorflow/tfjs';
import type { AdamWState } from './adamw';
import { type AdamWOptions, type Group, treatmentOf } from './adamw-groups';
import { kernels } from './kernels/kernels';

/** What AdamW knows of one parameter. */
export type AdamWMoments = {
  /** The running mean of its gradient, in its shape. */ first: tf.Tensor;
  /** The running mean of that squared, in its shape. */ second: tf.Tensor;
  /** Steps that have reached it. */ steps: number;
  /** Parameters of one group are updated together. */ group: number;
};

/**
 * The state by parameter path, as plain tensors and counts: all that `restoreAdamW` needs to go on to the last bit. The tensors are new
 * ones, which the caller disposes; later steps do not change them.
 */
export function adamWMoments({ variables, groups }: AdamWState): Map<string, AdamWMoments> {
  const found = new Map<string, AdamWMoments>();
  groups.forEach(({ members, count, moments }, group) => {
    const [first, second] = moments.read();
    members.forEach(({ path }, i) => {
      found.set(path, { first: first[i]!, second: second[i]!, steps: count, group });
    });
  });
  return new Map([...variables.keys()].map((path) => [path, found.get(path)!]));
}

/**
 * The state that `adamWMoments` was read from, for the same parameters, in the same order. The given tensors stay the caller's.
 *
 * @param options As `initAdamW` had them.
 * @throws One error that lists every missing, unexpected and misshapen entry, and those that the options would train otherwise than the
 *   others of their group.
 */
export function restoreAdamW(
  variables: ReadonlyMap<string, tf.Variable>,
  saved: ReadonlyMap<string, AdamWMoments>,
  options: AdamWOptions = {},
): AdamWState {
  const problems = misfits(variables, saved, options);
  if (problems.length > 0) throw new Error(`restoreAdamW: does not fit the parameters: ${problems.join('; ')}`);
  const numbers = [...new Set([...saved.values()].map(({ group }) => group))].sort((a, b) => a - b);
  const groups = numbers.map((number): Group => {
    const members = [...variables].flatMap(([path, variable]) =>
      saved.get(path)!.group === number ? [{ path, variable }] : [],
    );
    const own = (key: 'first' | 'second') => members.map(({ path }) => saved.get(path)![key]);
    const moments = kernels().adamMoments(own('first'), own('second'));
    const { path, variable } = members[0]!;
    return { ...treatmentOf(path, variable, options), members, count: saved.get(path)!.steps, moments };
  });
  return { variables, groups };
}

function misfits(
  variables: ReadonlyMap<string, tf.Variable>,
  saved: ReadonlyMap<string, AdamWMoments>,
  options: AdamWOptions,
): string[] {
  const firstOf = new Map<number, { steps: number; trained: string }>();
  const ofParameters = [...variables].flatMap(([path, variable]) => {
    const found = saved.get(path);
    if (!found) return [`missing ${path}`];
    const { shape } = variable;
    const wrong = [found.first, found.second].find((moment) => moment.shape.join() !== shape.join());
    if (wrong) return [`${path}: expected [${shape.join(', ')}], found [${wrong.shape.join(', ')}]`];
    const { rate, decays } = treatmentOf(path, variable, options);
    const own = {
      steps: found.steps,
      trained: `a factor of ${rate} on the learning rate and ${decays ? '' : 'no '}decay`,
    };
    const expected = firstOf.get(found.group) ?? own;
    firstOf.set(found.group, expected);
    return (['steps', 'trained'] as const).flatMap((key) => {
      const say = key === 'steps' ? `${expected.steps} steps` : expected.trained;
      return own[key] === expected[key]
        ? []
        : [`${path}: expected ${say} as the others of its group, found ${own[key]}`];
    });
  });
  const unexpected = [...saved.keys()].filter((path) => !variables.has(path)).map((path) => `unexpected ${path}`);
  return [...ofParameters, ...unexpected];
}
