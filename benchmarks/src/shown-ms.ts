/** Milliseconds with so many digits, and with all that stand before the point. */
export const shownMs = (ms: number, digits = 3): string =>
  ms < 10 ** (digits - 1) ? ms.toPrecision(digits) : ms.toFixed(0);
