import { VARIANT_NAMES, type VariantName } from '@mmolre/model/command-line';
import type { FoldsChoice } from '@mmolre/training';
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

export function rankNumber(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError(`expected a whole number from 0, found ${text}`);
  return Number(text);
}

/** A seed. */
export function integer(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError(`expected a whole number, found ${text}`);
  return Number(text);
}

export function seedList(text: string): number[] {
  const parts = text.split(',');
  const seeds = parts.map(Number);
  if (parts.some((part) => part.trim() === '') || !seeds.every(Number.isSafeInteger))
    throw new InvalidArgumentError(`expected whole numbers such as 1,2,3, found ${text}`);
  return seeds;
}

/** `speakers`, or so many groups of them: `speakers=3`. */
export function foldsChoice(text: string): FoldsChoice {
  const [, groups] = /^speakers(?:=(\d{1,6}))?$/.exec(text) ?? [undefined, 'none'];
  if (groups === 'none' || Number(groups) < 3)
    throw new InvalidArgumentError(`expected speakers, or so many groups of them from 3 (speakers=3), found ${text}`);
  return groups === undefined ? {} : { groups: Number(groups) };
}

export function variantList(text: string): VariantName[] {
  return text.split(',').map((name) => {
    const known = VARIANT_NAMES.find((one) => one === name);
    if (!known) throw new InvalidArgumentError(`expected some of ${VARIANT_NAMES.join(',')}, found ${name}`);
    return known;
  });
}
