import { hostname } from 'node:os';
import type { Ranks } from '@mmolre/backend';
import { faultPoint } from '@mmolre/files';
import { firstDifference, type RunIdentity, type Session } from '../run-record';
import { gatherJson } from './messages';

/** All that must be one thing for ranks to train one model. */
export type Agreement = { identity: RunIdentity; code: Session['code'] };

/**
 * Refuses, on every rank alike, a rank that has another configuration, other data, encoders, backend or versions than rank 0.
 *
 * @throws One line: the rank and its machine, and the field with both values.
 */
export function assertAlike(ranks: Ranks, { identity, code }: Agreement): void {
  const facts = { ...identity, packages: code.packages };
  faultPoint('ranks tell what each trains');
  const told = gatherJson(ranks, { facts, host: hostname() });
  const first = told[0]!.facts;
  for (const [rank, { facts, host }] of told.entries()) {
    const found = firstDifference(first, facts);
    if (found)
      throw new Error(
        `rank ${rank} (${host}) is refused: ${found.name}: ${found.there} at rank 0, ${found.here} at rank ${rank}; all ranks need the same`,
      );
  }
}
