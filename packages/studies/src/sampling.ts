import { createRng, mixSeed, type Rng } from '@mmolre/nn';
import type { Field, Study } from './study-file';

/** What a field of a study is in a trial. */
export type Choice = {
  /** As tables name it. */ label: string;
  /** Fields of the configuration that it sets. */ set: Record<string, unknown>;
};

/** A choice for each field of a study. */
export type Setting = Record<string, Choice>;

/**
 * All settings that a study tries, without its seeds: of a grid every combination, the last field turning fastest; of random draws so many that
 * differ, or all there are if they are fewer. The same file gives the same settings, and more draws begin with the same ones.
 */
export function settingsOf({ fields, sampler }: Pick<Study, 'fields' | 'sampler'>): Setting[] {
  const entries = Object.entries(fields);
  if (sampler === 'grid')
    return entries.reduce<Setting[]>(
      (some, [name, field]) =>
        some.flatMap((setting) => choicesOf(name, field).map((choice) => ({ ...setting, [name]: choice }))),
      [{}],
    );
  const { trials, seed } = sampler.random;
  const found = new Map<string, Setting>();
  for (let draw = 0; found.size < trials && draw < trials * DRAWS_A_TRIAL; draw++) {
    const rng = createRng(mixSeed(seed, draw));
    const setting = Object.fromEntries(entries.map(([name, field]) => [name, drawn(name, field, rng)]));
    const key = JSON.stringify(Object.values(setting).map(({ label }) => label));
    if (!found.has(key)) found.set(key, setting);
  }
  return [...found.values()];
}

/** After so many draws for each trial, those that are still missing are taken not to exist. */
const DRAWS_A_TRIAL = 100;

/** The choices of a field that is no range. */
function choicesOf(name: string, field: Field): Choice[] {
  if (Array.isArray(field)) return field.map((value) => choice(name, value));
  if ('cases' in field) return Object.entries(field.cases).map(([label, set]) => ({ label, set }));
  throw new Error(`fields.${name}: a range has no choices`);
}

const choice = (name: string, value: unknown): Choice => ({
  label: typeof value === 'string' ? value : JSON.stringify(value),
  set: { [name]: value },
});

/** Digits of a drawn number that count, so that people can read it. */
const DIGITS = 4;

function drawn(name: string, field: Field, rng: Rng): Choice {
  if (!('low' in field)) {
    const choices = choicesOf(name, field);
    return choices[Math.floor(rng.uniform() * choices.length)]!;
  }
  const { low, high, log, integer } = field;
  // Each whole number has as much of the range as the others.
  const [from, to] = integer ? [Math.ceil(low) - 0.5, Math.floor(high) + 0.5] : [low, high];
  const at = log
    ? Math.exp(Math.log(from) + rng.uniform() * (Math.log(to) - Math.log(from)))
    : from + rng.uniform() * (to - from);
  const value = integer ? Math.round(at) : Number(at.toPrecision(DIGITS));
  return choice(name, Math.min(Math.max(value, low), high));
}
