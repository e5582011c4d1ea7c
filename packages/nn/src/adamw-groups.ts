import * as tf from '@tensorflow/tfjs';
import { kernels } from './kernels/kernels';
import type { Moments } from './kernels/types';

/** What parameters may be trained by of their own. */
export type AdamWOptions = {
  /** The factor on the learning rate for the parameter at a path, 0 or more: 1. */
  rateOf?: (path: string) => number;
  /** Whether the weight decay reaches it: yes. */
  decays?: (path: string, variable: tf.Variable) => boolean;
};

/** How a parameter is trained; those of one group are trained alike. */
export type Treatment = { rate: number; decays: boolean };

/** Parameters that are updated together, where that is faster as one vector, and their gradients sent so. */
export type Group = Treatment & {
  members: readonly Member[];
  /** Steps that have reached them. */ count: number;
  moments: Moments;
};

export type Member = { path: string; variable: tf.Variable };

/** A parameter with more entries than this is a group of its own. */
const LARGE = 100_000;

/** The small parameters that are trained alike as one group, each large one as its own; all moments 0. */
export function firstGroups(variables: ReadonlyMap<string, tf.Variable>, options: AdamWOptions): Group[] {
  const all = [...variables].map(([path, variable]) => ({
    path,
    variable,
    treatment: treatmentOf(path, variable, options),
  }));
  const alike = new Map<string, typeof all>();
  for (const member of all.filter(({ variable }) => variable.size <= LARGE)) {
    const key = JSON.stringify(member.treatment);
    alike.set(key, [...(alike.get(key) ?? []), member]);
  }
  const large = all.filter(({ variable }) => variable.size > LARGE).map((member) => [member]);
  return [...alike.values(), ...large].map((found) => {
    const members = found.map(({ path, variable }) => ({ path, variable }));
    const zeros = members.map(({ variable }) => tf.zerosLike(variable));
    const moments = kernels().adamMoments(zeros, zeros);
    tf.dispose(zeros);
    return { ...found[0]!.treatment, members, count: 0, moments };
  });
}

/** @throws If the factor on its learning rate is none. */
export function treatmentOf(path: string, variable: tf.Variable, { rateOf, decays }: AdamWOptions): Treatment {
  const rate = rateOf?.(path) ?? 1;
  if (!(rate >= 0 && rate < Number.POSITIVE_INFINITY))
    throw new Error(`AdamW rateOf: expected a factor of 0 or more for ${path}, got ${rate}`);
  return { rate, decays: decays?.(path, variable) ?? true };
}

/** The group, or, where the loss reaches only some of its members, these and the others as two from now on. */
export function separate(group: Group, isReached: (member: Member) => boolean): Group[] {
  const { members, count, moments, ...treatment } = group;
  const parts = [members.filter(isReached), members.filter((member) => !isReached(member))];
  if (parts.some((part) => part.length === 0)) return [group];
  const [first, second] = moments.read();
  const own = (part: Member[], mean: tf.Tensor[]) => part.map((member) => mean[members.indexOf(member)]!);
  const separated = parts.map((part) => ({
    ...treatment,
    members: part,
    count,
    moments: kernels().adamMoments(own(part, first), own(part, second)),
  }));
  tf.dispose([first, second]);
  moments.dispose();
  return separated;
}
