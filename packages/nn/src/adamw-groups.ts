import * as tf from '@tensorflow/tfjs';
import { kernels } from './kernels/kernels';
import type { Moments } from './kernels/types';

/** Parameters that are updated together as one vector: many small kernels cost more than one large one. */
export type Group = {
  members: readonly Member[];
  /** Steps that have reached them. */ count: number;
  moments: Moments;
};

export type Member = { path: string; variable: tf.Variable };

/** A parameter with more entries than this is a group of its own. */
const LARGE = 100_000;

/** The small parameters as one group, each large one as its own; all moments 0. */
export function firstGroups(variables: ReadonlyMap<string, tf.Variable>): Group[] {
  const all = [...variables].map(([path, variable]) => ({ path, variable }));
  const small = all.filter(({ variable }) => variable.size <= LARGE);
  const large = all.filter(({ variable }) => variable.size > LARGE).map((member) => [member]);
  return [small, ...large]
    .filter((members) => members.length > 0)
    .map((members) => {
      const zeros = tf.zeros<tf.Rank.R1>([members.reduce((sum, { variable }) => sum + variable.size, 0)]);
      const moments = kernels().adamMoments(zeros, zeros);
      zeros.dispose();
      return { members, count: 0, moments };
    });
}

/** The group, or, where the loss reaches only some of its members, these and the others as two from now on. */
export function separate(group: Group, isReached: (member: Member) => boolean): Group[] {
  const { members, count, moments } = group;
  const parts = [members.filter(isReached), members.filter((member) => !isReached(member))];
  if (parts.some((part) => part.length === 0)) return [group];
  const separated: Group[] = [];
  tf.tidy(() => {
    const [first, second] = moments.read().map((moment) => apart(moment, members));
    const own = (part: Member[], moment: tf.Tensor1D[]) => join(part.map((member) => moment[members.indexOf(member)]!));
    for (const part of parts)
      separated.push({ members: part, count, moments: kernels().adamMoments(own(part, first!), own(part, second!)) });
  });
  moments.dispose();
  return separated;
}

/** Tensors end to end as one vector. */
export function join(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  const flat = tensors.map((tensor) => tf.reshape(tensor, [-1]) as tf.Tensor1D);
  return flat.length === 1 ? flat[0]! : tf.concat(flat);
}

/** The inverse of `join`, each part still a vector. */
export function apart(vector: tf.Tensor1D, members: readonly Member[]): tf.Tensor1D[] {
  if (members.length === 1) return [vector];
  return tf.split(
    vector,
    members.map(({ variable }) => variable.size),
  );
}
