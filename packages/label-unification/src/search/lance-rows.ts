import { createHash } from 'node:crypto';
import type { Table } from '@lancedb/lancedb';
import type { Table as ArrowTable, FixedSizeList, Schema } from 'apache-arrow';
import type { SourceBlock } from './exact-search';
import type { Lance } from './load-lance';

// A row: a source's id, its vector as it was given [D], and 64 bits of the vector's SHA-256, by which a changed one is told.

type Arrow = Lance['arrow'];

/** @param D Numbers a vector. */
export function rowSchema({ Schema, Field, Utf8, Int64, FixedSizeList, Float32 }: Arrow, D: number): Schema {
  const vector = new FixedSizeList(D, new Field('item', new Float32(), false));
  return new Schema([
    new Field('id', new Utf8(), false),
    new Field('hash', new Int64(), false),
    new Field('vector', vector, false),
  ]);
}

/** @param vectors [N, D], N the number of ids. */
export function rowsOf(arrow: Arrow, ids: readonly string[], vectors: Float32Array, D: number): ArrowTable {
  const { makeData, Struct, Utf8, Int64, Float32, RecordBatch, Table, vectorFromArray } = arrow;
  const schema = rowSchema(arrow, D);
  const length = ids.length;
  const numbers = makeData({ type: new Float32(), length: length * D, data: vectors });
  const hashes = BigInt64Array.from(ids, (_, n) => hashOf(vectors.subarray(n * D, (n + 1) * D)));
  const children = [
    vectorFromArray(ids, new Utf8()).data[0]!,
    makeData({ type: new Int64(), length, data: hashes }),
    makeData({ type: schema.fields[2]!.type as FixedSizeList, length, nullCount: 0, child: numbers }),
  ];
  return new Table(schema, [new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, children }))]);
}

/** Numbers a vector of a table; undefined if it is no table of these rows. */
export function dimensionOf({ fields }: Schema): number | undefined {
  if (fields.map(({ name }) => name).join() !== 'id,hash,vector') return undefined;
  return (fields[2]!.type as Partial<FixedSizeList>).listSize;
}

/** All rows of a table, some thousand at a time. */
export async function* storedBlocks(table: Table): AsyncGenerator<SourceBlock> {
  for await (const batch of table.query().select(['id', 'vector'])) yield blockOf(batch);
}

/** @param rows Of the columns id and vector. */
export function blockOf(rows: Pick<ArrowTable, 'getChild'>): SourceBlock {
  const ids = [...rows.getChild('id')!] as string[];
  return { ids, vectors: rows.getChild('vector')!.getChildAt(0)!.toArray() as Float32Array };
}

function hashOf({ buffer, byteOffset, byteLength }: Float32Array): bigint {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return createHash('sha256').update(bytes).digest().readBigInt64LE();
}
