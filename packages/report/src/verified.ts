import type { Block } from './document';

export type VerifiedFacts = {
  finished: boolean;
  checkpoints: {
    folder: string;
    at: { epoch: number; step: number } | undefined;
    best: boolean;
    /** undefined if it is whole. */ fault: string | undefined;
  }[];
};

/** A row a checkpoint of a run: where its training stood, and whether it is whole. */
export function verifyReport({ finished, checkpoints }: VerifiedFacts): Block[] {
  const rows = checkpoints.map(({ folder, at, best, fault }) => [
    `${folder.split(/[\\/]/).at(-1)}${best ? ' (best)' : ''}`,
    at ? `${at.step}` : '',
    at ? `${at.epoch}` : '',
    fault ?? 'whole',
  ]);
  const table = { head: ['checkpoint', 'step', 'epoch', 'state'], rows };
  return [{ text: finished ? 'trained to its end' : 'not trained to its end' }, { table }];
}
