import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@mmolre/backend';
import { beforeAll, describe, expect, test } from 'vitest';
import { findPlace } from '../node/find-place';
import { testEncoder } from '../test';
import { audioKinds, openAudioEncoder, openTextEncoder, textKinds, withSource } from './index';
import type { EncoderKind } from './kind';

beforeAll(async () => {
  await useBackend({ install: true, log: () => {} });
});

/** Tiny weights of a kind, for a kind that reads some: the fixture that has its name. */
const LIKE: Record<string, string> = { minilm: 'bert' };
function tiny<Config extends { kind: string }>(config: Config): Config {
  if (!('model' in config)) return config;
  const folder = fileURLToPath(new URL(`../__fixtures__/${LIKE[config.kind] ?? config.kind}-small`, import.meta.url));
  if (!existsSync(folder))
    throw new Error(`${folder}: not found; a kind that reads weights needs tiny ones for its tests`);
  return { ...config, model: folder, ...('maxTokens' in config && { maxTokens: 20 }) };
}

const options = { find: findPlace };
const D = 96;

for (const { preset } of Object.values(textKinds) as EncoderKind<string, never>[]) {
  const config = tiny(preset() as ReturnType<(typeof textKinds)[keyof typeof textKinds]['preset']>);
  testEncoder(`the text encoder ${config.kind}`, {
    open: () => openTextEncoder(config, D, options),
    items: ['what a movie, truly', 'no', 'I loved the ending, and the music that it ended with'],
    dModel: D,
  });
}

const clip = (seconds: number, hertz: number) =>
  Float32Array.from({ length: seconds * 16_000 }, (_, i) => 0.3 * Math.sin((2 * Math.PI * hertz * i) / 16_000));

const clips = [clip(0.3, 220), clip(0.9, 330), clip(0.5, 110)];

for (const { preset } of Object.values(audioKinds) as EncoderKind<Float32Array, never>[]) {
  const config = tiny(preset() as ReturnType<(typeof audioKinds)[keyof typeof audioKinds]['preset']>);
  testEncoder(`the audio encoder ${config.kind}`, {
    open: () =>
      openAudioEncoder('maskPositionalConvs' in config ? { ...config, maskPositionalConvs: true } : config, D, options),
    items: clips,
    dModel: D,
    // What stands where training masks a frame.
    trainingOnly: config.kind === 'data2vec-audio' ? ['masked_spec_embed'] : [],
  });
}

testEncoder('the text encoder minilm, its last layer trained', {
  open: () => openTextEncoder({ ...tiny(textKinds.minilm.preset()), trainedLayers: 1 }, D, options),
  items: ['what a movie, truly', 'no', 'I loved the ending, and the music that it ended with'],
  dModel: D,
});

testEncoder('the audio encoder compact, bands and channels normalised, with functionals', {
  open: () =>
    openAudioEncoder(
      { ...audioKinds.compact.preset(), normalise: 'bands', convNorm: 'batch', functionals: { dropout: 0.5 } },
      D,
      options,
    ),
  items: clips,
  dModel: D,
});

describe('every kind', () => {
  test.each([...Object.entries(textKinds), ...Object.entries(audioKinds)])(
    '%s has a preset that its schema takes, and costs something',
    (name, { schema, preset, cost }) => {
      const config = preset();
      expect(config.kind).toBe(name);
      expect(schema.parse(structuredClone(config))).toEqual(config);
      const { length, components } = (cost as EncoderKind<unknown, never>['cost'])(config as never, D, 5);
      expect(length).toBeGreaterThan(0);
      expect(components.every(({ parameters }) => parameters > 0)).toBe(true);
    },
  );

  test('a source is taken by the kinds that read weights', () => {
    expect(withSource(textKinds.roberta.preset(), 'a/folder').model).toBe('a/folder');
    expect(withSource(textKinds.compact.preset(), undefined)).toEqual(textKinds.compact.preset());
    expect(() => withSource(audioKinds.compact.preset(), 'a/folder')).toThrow(
      'the compact encoder reads no weights, found a/folder',
    );
  });
});
