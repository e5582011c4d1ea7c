/** A number as a table prints it: it stands for all that lies within half a unit of its last digit. */
export type Printed = { text: string; low: number; high: number };

/** What rounding may make of equal numbers. */
const TIE = 1e-9;

/**
 * Reads a printed number; a half may have been rounded up, down or to even, so both ends count.
 *
 * @param isShare Of 0 .. 1: above 1, or with a `%`, it is taken for per cent.
 * @returns Undefined if it is no number.
 */
export function readPrinted(text: string, isShare: boolean): Printed | undefined {
  const found = /^([+-]?\d*)(?:\.(\d+))? ?(%?)$/.exec(text.trim());
  if (!found || !/\d/.test(text)) return undefined;
  const [, whole, fraction = '', percent] = found;
  const value = Number(`${whole}.${fraction}0`);
  const scale = isShare && (percent || value > 1) ? 0.01 : 1;
  const half = 10 ** -fraction.length / 2;
  return { text: text.trim(), low: (value - half) * scale - TIE, high: (value + half) * scale + TIE };
}

/** Whether a number would be printed so. */
export const isPrintedAs = (value: number, { low, high }: Printed): boolean => value >= low && value <= high;
