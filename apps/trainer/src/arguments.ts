import { InvalidArgumentError } from 'commander';

// Values on the command line.

export function above0(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError(`expected a number above 0, found ${text}`);
  return value;
}

/** Above 0. */
export function wholeNumber(text: string): number {
  const value = above0(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError(`expected a whole number, found ${text}`);
  return value;
}
