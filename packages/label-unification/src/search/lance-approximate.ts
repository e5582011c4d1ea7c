import type { Table } from '@lancedb/lancedb';
import type { Neighbour } from '../types';
import { startSearch } from './exact-search';
import { blockOf } from './lance-rows';
import type { Lance } from './load-lance';
import { joined, unitRows } from './rank';

/** Below this, LanceDB looks at every row: an index would cost more than it saves. */
const FEWEST_ROWS = 1_000;
/** More rows than asked for, as LanceDB's own order is in single precision and knows nothing of ties. */
const SPARE = 48;
const COLUMNS = ['id', 'vector', '_distance'];

/** Makes the table's index of about √N parts, unless it has one that knows nine rows of ten; the others are searched one by one. */
export async function prepareApproximate({ Index }: Lance['lancedb'], table: Table): Promise<void> {
  const rows = await table.countRows();
  if (rows < FEWEST_ROWS) return;
  const stats = await table.indexStats('vector_idx');
  if (stats && stats.numUnindexedRows <= rows / 10) return;
  const config = Index.ivfFlat({
    distanceType: 'cosine',
    numPartitions: Math.round(Math.sqrt(rows)),
    sampleRate: 64, // vectors a part that are held to find the parts: 200 MB for 1,000,000 rows of 768 numbers
  });
  await table.createIndex('vector', { config, replace: true });
}

/** LanceDB's nearest rows, one query after another (at once they would fill the memory), in the order of their exact cosines. */
export async function searchApproximately(
  table: Table,
  queries: readonly Float32Array[],
  k: number,
  probes: number,
): Promise<Neighbour[][]> {
  const D = queries[0]!.length;
  unitRows(joined(queries, D), D, (q) => `query ${q + 1}`); // for its error
  const found: Neighbour[][] = [];
  for (const query of queries) {
    const exact = startSearch([query], k);
    const near = () =>
      table
        .query()
        .nearestTo(query)
        .distanceType('cosine')
        .select(COLUMNS)
        .limit(k + SPARE);
    let rows = await near().nprobes(probes).toArrow();
    // Parts may be almost empty, such as where most sources are copies.
    if (rows.numRows < k) rows = await near().bypassVectorIndex().toArrow();
    exact.add(blockOf(rows));
    found.push(exact.nearest()[0]!);
  }
  return found;
}
