/** A cell's decimal number, with or without spaces around it; undefined if it is none, or not from `min` to `max`. */
export function numberWithin(cell: string, min: number, max: number): number | undefined {
  const text = cell.trim();
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}
