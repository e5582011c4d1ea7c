import { expectThat, FUZZ_TIMEOUT, type FuzzTarget, fuzz, mutateJson, mutateYaml } from '@mmolre/files/test';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { checkpointStateSchema, readState } from './checkpoints';
import { presets } from './presets';
import { resolveConfig } from './resolve-config';
import { type RunConfig, runConfigSchema } from './run-config';

const [preset] = Object.keys(presets) as (keyof typeof presets)[];

const numbersIn = (value: unknown): number[] =>
  typeof value === 'number'
    ? [value]
    : Object.values(Object(typeof value === 'object' ? value : {})).flatMap(numbersIn);

const state = {
  position: { epoch: 2, batch: 3, step: 19, lossSum: 4.25 },
  best: { checkpoint: 1, epoch: 1, score: 0.5 },
  adam: { 'head.weight': [19, 0], 'text.layers.0.bias': [19, 0] },
  average: null,
  ...{ logBytes: 100, seconds: 12.5 },
};

const targets: Record<string, FuzzTarget> = {
  'configuration in YAML': {
    seeds: () => {
      const { data, model, training } = presets[preset!]() as RunConfig;
      return [stringify({ seed: 1, training }), stringify({ data, model, training })].map((text) => Buffer.from(text));
    },
    mutate: mutateYaml,
    file: 'run.yaml',
    async read(path) {
      const config = resolveConfig({ preset: preset!, file: path, set: [] });
      expectThat(runConfigSchema.safeParse(config).success, () => 'a configuration that its own schema refuses');
      expectThat(numbersIn(config).every(Number.isFinite), () => 'a number that is none');
      expectThat(!('polluted' in {}), () => 'the prototype of objects has changed');
      return [];
    },
    // A field that is wrong is named by its path.
    named: /run\.yaml|^(data|seed|labels|unify|model|training)\b/,
    firstCheck: /expected YAML|expected fields such as/,
    share: 0.4,
    lines: { files: /training\/src\/resolve-config\.ts$/, share: 0.5 },
  },
  'state of a checkpoint': {
    seeds: () => [Buffer.from(JSON.stringify(state))],
    mutate: mutateJson,
    file: 'training.json',
    async read(_path, folder) {
      const found = await readState(folder);
      expectThat(checkpointStateSchema.safeParse(found).success, () => JSON.stringify(found));
      expectThat(numbersIn(found).every(Number.isFinite), () => JSON.stringify(found));
      return [];
    },
    firstCheck: /expected JSON/,
    share: 0.8,
    lines: { files: /training\/src\/checkpoints\.ts$/, share: 0.05 },
  },
};

test.each(Object.entries(targets))(
  '%s: broken files are read or refused in one line',
  async (name, target) => {
    expect(await fuzz(name, target)).toEqual([]);
  },
  FUZZ_TIMEOUT,
);
