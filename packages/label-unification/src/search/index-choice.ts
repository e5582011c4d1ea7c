import type { VectorIndex } from '../types';
import type { IndexPool } from './pools';

/** Where sources are searched: in memory, or in a folder of tables. */
export type IndexChoice = { kind: 'exact' } | { kind: 'lancedb' | 'lancedb-approximate'; folder: string };

/**
 * Reads `exact`, `lancedb=<folder>` or `lancedb-approximate=<folder>`.
 *
 * @param userPath Makes a path that a user wrote absolute.
 */
export function parseIndex(text: string, userPath: (path: string) => string): IndexChoice {
  if (text === 'exact') return { kind: 'exact' };
  const [, kind, folder] = /^(lancedb|lancedb-approximate)=(.+)$/s.exec(text) ?? [];
  if (kind && folder) return { kind: kind as 'lancedb', folder: userPath(folder) };
  throw new Error(`expected exact, lancedb=<folder> or lancedb-approximate=<folder>, found ${text}`);
}

/** An index a pool, a table each; undefined where the search is exact and in memory. */
export async function indexOf(choice: IndexChoice): Promise<((pool: IndexPool) => VectorIndex) | undefined> {
  if (choice.kind === 'exact') return undefined;
  const { createLanceIndex } = await import('./lance-index');
  const { folder, kind } = choice;
  return ({ name }) => createLanceIndex({ folder, table: name, approximate: kind === 'lancedb-approximate' });
}
