import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Connection, Table } from '@lancedb/lancedb';
import type { VectorIndex } from '../types';
import { searchBlocks } from './exact-search';
import { prepareApproximate, searchApproximately } from './lance-approximate';
import { dimensionOf, rowSchema, rowsOf, storedBlocks } from './lance-rows';
import { type Lance, loadLance } from './load-lance';
import { joined, unitRows } from './rank';

export type LanceIndexOptions = {
  /** A folder of tables; made if it is not there. It holds nothing that cannot be made again. */
  folder: string;
  /** The table inside of it, one an index: letters, digits and `_ - .`; `sources`. */
  table?: string;
  /**
   * Search through an index of LanceDB's (IVF, the vectors whole), which looks at the parts of the table that are nearest to a query: so
   * many of about √N parts, 20 if true. It may miss a neighbour; similarities are exact all the same. false: every row is looked at.
   */
  approximate?: boolean | { probes: number };
};

/** An index that is closed when nobody needs it any more. */
export type LanceIndex = VectorIndex & { close(): void };

/** Rows that are written by one commit, and held as they are. */
const ROWS = 8_192;
const MiB = 2 ** 20;

/**
 * An index on disk, in a table of LanceDB, for sources that memory does not hold.
 *
 * `search` reads the table once for all queries, block by block, and answers what `createExactIndex` answers, to the last bit. `add` writes
 * 8,192 rows at a time, each time all or none of them. An id that the table has is not stored twice: its row stays if the vector is the same,
 * and is replaced if it is another. So whoever was stopped adds everything again, and only what is missing is written. One process writes to
 * a folder at a time.
 *
 * @throws (when it is used) If LanceDB is not installed, or the table is damaged, is none of ours or has vectors of another length.
 */
export function createLanceIndex({
  folder,
  table: name = 'sources',
  approximate = false,
}: LanceIndexOptions): LanceIndex {
  if (!/^[\w.-]+$/.test(name)) {
    throw new Error(`createLanceIndex: expected a table of letters, digits and _ - . only, found "${name}"`);
  }
  const probes = approximate === false ? 0 : approximate === true ? 20 : approximate.probes;
  if (approximate !== false && !(Number.isInteger(probes) && probes > 0)) {
    throw new Error(`createLanceIndex: expected probes of 1 or more, got ${probes}`);
  }
  const place = `table '${name}' in ${folder}`;
  let lance: Lance | undefined;
  let connection: Connection | undefined;
  let table: Table | undefined;

  /** The table; undefined if there is none, and `D` does not say of what length to make it. */
  async function open(D?: number): Promise<Table | undefined> {
    if (table || (D === undefined && !existsSync(folder))) return table;
    lance ??= await loadLance();
    const { lancedb, arrow } = lance;
    try {
      const session = new lancedb.Session(BigInt(512 * MiB), BigInt(128 * MiB));
      connection ??= await lancedb.connect(resolve(folder), {}, session);
      table = await connection.openTable(name).catch((error: Error) => {
        // Also what is left of a program that was stopped before the table's first commit.
        if (/was not found/.test(error.message)) return undefined;
        throw error;
      });
      if (!table && D !== undefined) {
        table = await connection.createEmptyTable(name, rowSchema(arrow, D), { existOk: true });
      }
    } catch (error) {
      const reason = (error as Error).message.split(/, \/|\s+Caused by|\n/)[0];
      throw new Error(`${place} cannot be opened (${reason}); delete it to have it made again, or name another folder`);
    }
    return table;
  }

  async function requireDimension(table: Table, D: number): Promise<void> {
    const stored = dimensionOf(await table.schema());
    if (stored === D) return;
    const found = stored === undefined ? 'another kind of table' : `vectors of ${stored} numbers`;
    throw new Error(
      `${place}: expected vectors of ${D} numbers, as the model makes, found ${found}; delete it to have it made again, or name another folder`,
    );
  }

  return {
    async add(ids, vectors) {
      if (ids.length !== vectors.length) {
        throw new Error(`createLanceIndex: expected a vector an id, got ${ids.length} ids, ${vectors.length} vectors`);
      }
      requireOnce(ids);
      if (ids.length === 0) return;
      const D = vectors[0]!.length;
      const table = (await open(D))!;
      await requireDimension(table, D);
      for (let start = 0; start < ids.length; start += ROWS) {
        const some = ids.slice(start, start + ROWS);
        const rows = joined(vectors.slice(start, start + ROWS), D);
        unitRows(rows, D, (n) => `source ${some[n]}`); // for its error
        await table
          .mergeInsert('id')
          .whenMatchedUpdateAll({ where: 'target.hash != source.hash' })
          .whenNotMatchedInsertAll()
          .execute(rowsOf(lance!.arrow, some, rows, D));
      }
    },
    async search(queries, k) {
      if (queries.length === 0) return [];
      const table = await open();
      if (!table) throw new Error(`${place}: there is no such table yet; add sources before searching them`);
      await requireDimension(table, queries[0]!.length);
      if (approximate === false) return searchBlocks(queries, storedBlocks(table), k);
      await prepareApproximate(lance!.lancedb, table);
      return searchApproximately(table, queries, k, probes);
    },
    close() {
      table?.close();
      connection?.close();
      table = connection = undefined;
    },
  };
}

function requireOnce(ids: readonly string[]): void {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) throw new Error(`createLanceIndex: expected each id once, found "${id}" twice`);
    seen.add(id);
  }
}
