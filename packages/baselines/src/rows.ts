/** A sample's numbers: those that are not 0, and which they are. */
export type Row = { columns: Int32Array; values: Float64Array };

/** So many rows of so many columns, one after another: row i has the entries from `starts[i]` to `starts[i + 1]`. */
export type Features = { count: number; width: number; starts: Int32Array; columns: Int32Array; values: Float64Array };

export const EMPTY_ROW: Row = { columns: new Int32Array(), values: new Float64Array() };

/** A row of which no number is left out. */
export const denseRow = (values: ArrayLike<number>): Row => ({
  columns: Int32Array.from({ length: values.length }, (_, i) => i),
  values: Float64Array.from(values),
});

/**
 * Blocks of features side by side, each with one row a sample.
 *
 * @param widths Of each block.
 */
export function sideBySide(blocks: readonly (readonly Row[])[], widths: readonly number[]): Features {
  const count = blocks[0]!.length;
  const size = blocks.reduce((sum, rows) => sum + rows.reduce((part, { values }) => part + values.length, 0), 0);
  const starts = new Int32Array(count + 1);
  const [columns, values] = [new Int32Array(size), new Float64Array(size)];
  let at = 0;
  for (let i = 0; i < count; i++) {
    let before = 0;
    blocks.forEach((rows, block) => {
      const row = rows[i]!;
      row.columns.forEach((column, k) => {
        columns[at + k] = before + column;
      });
      values.set(row.values, at);
      at += row.values.length;
      before += widths[block]!;
    });
    starts[i + 1] = at;
  }
  return { count, width: widths.reduce((sum, width) => sum + width, 0), starts, columns, values };
}

/** Each row times a vector of `width` weights and, last, what is added to all. */
export function scoresOf(
  { count, width, starts, columns, values }: Features,
  weights: ArrayLike<number>,
): Float64Array {
  const scores = new Float64Array(count).fill(weights[width]!);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let k = starts[i]!; k < starts[i + 1]!; k++) sum += values[k]! * weights[columns[k]!]!;
    scores[i]! += sum;
  }
  return scores;
}

/** The other way round: the sum of the rows, each times its number, and last the sum of these. */
export function sumOf({ count, width, starts, columns, values }: Features, numbers: Float64Array): Float64Array {
  const sum = new Float64Array(width + 1);
  for (let i = 0; i < count; i++) {
    const number = numbers[i]!;
    for (let k = starts[i]!; k < starts[i + 1]!; k++) sum[columns[k]!]! += values[k]! * number;
    sum[width]! += number;
  }
  return sum;
}
