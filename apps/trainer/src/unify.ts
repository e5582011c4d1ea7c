import { unifyCommand } from '@mmolre/label-unification/command';
import type { Command } from 'commander';

/**
 * `unify`: what `mmolre-unify` does, from the trainer.
 *
 * @param userPath Makes a path that a user wrote absolute.
 */
export const unify = (userPath: (path: string) => string): Command => unifyCommand('unify', userPath);
