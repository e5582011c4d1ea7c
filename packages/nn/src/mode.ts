import { mixSeed } from './random';

/** Whether a function trains (dropout and noise on) and the seed of what it draws; evaluation is `evaluating`. */
export type Mode = { training: boolean; seed: number };

/** Dropout and noise off. */
export const evaluating: Mode = { training: false, seed: 0 };

/** The mode for one part of a model: the same training flag, a seed of its own. */
export function modeFor(mode: Mode, ...parts: number[]): Mode {
  return mode.training ? { training: true, seed: mixSeed(mode.seed, ...parts) } : mode;
}
