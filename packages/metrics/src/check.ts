/** Throws unless there is one prediction a label. */
export function checkSameLength(name: string, predictions: readonly unknown[], labels: readonly unknown[]): void {
  if (predictions.length === labels.length) return;
  throw new Error(
    `${name}: expected one prediction a label, got ${predictions.length} predictions and ${labels.length} labels`,
  );
}

/** Throws at the first NaN or infinity, which would make every metric NaN without a word. */
export function checkFinite(name: string, values: readonly number[]): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new Error(`${name}: expected finite numbers, found ${values[at]} at index ${at}`);
}

/** Throws unless rows [N][C] have one column for each of the C names. */
export function checkColumns(name: string, rows: readonly (readonly unknown[])[], columns: number): void {
  const at = rows.findIndex((row) => row.length !== columns);
  if (at >= 0) throw new Error(`${name}: expected rows of ${columns} numbers, row ${at} has ${rows[at]!.length}`);
}
