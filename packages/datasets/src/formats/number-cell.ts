/** A cell's decimal number, with or without spaces around it; NaN if it is none. */
export function numberOf(cell: string): number {
  const text = cell.trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/** The same; undefined if it is none, or not from `min` to `max`. */
export function numberWithin(cell: string, min: number, max: number): number | undefined {
  const value = numberOf(cell);
  return value >= min && value <= max ? value : undefined;
}
