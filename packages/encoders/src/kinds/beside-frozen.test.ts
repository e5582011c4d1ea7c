import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@mmolre/backend';
import { countParams, createRng, leaves, type Params, trainable, variables } from '@mmolre/nn';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findPlace } from '../node/find-place';
import { folderPlace } from '../node/folder-place';
import { testEncoder } from '../test';
import {
  type AudioConfig,
  audioCost,
  audioKinds,
  openAudioEncoder,
  openTextEncoder,
  type TextConfig,
  textCost,
  textKinds,
} from './index';

// Encoders whose own weights are frozen: with adapters, and with weighted layers.

beforeAll(async () => {
  await useBackend({ install: true, log: () => {} });
});

const folderOf = (kind: string) => fileURLToPath(new URL(`../__fixtures__/${kind}-small`, import.meta.url));
const options = { find: findPlace };
const D = 96;
const lora = { rank: 2, alpha: 4, targets: ['query', 'value'], dropout: 0.1 };
const audioLora = { ...lora, targets: ['q_proj', 'output_dense'] };
const text = (kind: 'roberta' | 'bert', change: object): TextConfig =>
  ({ ...textKinds[kind].preset(), model: folderOf(kind), maxTokens: 20, ...change }) as TextConfig;
const audio = (change: object): AudioConfig =>
  ({
    ...audioKinds['data2vec-audio'].preset(),
    model: folderOf('data2vec-audio'),
    maskPositionalConvs: true,
    ...change,
  }) as AudioConfig;
const clip = (seconds: number, hertz: number) =>
  Float32Array.from({ length: seconds * 16_000 }, (_, i) => 0.3 * Math.sin((2 * Math.PI * hertz * i) / 16_000));
const TEXTS = ['what a movie, truly', 'no', 'I loved the ending, and the music that it ended with'];
const CLIPS = [clip(0.3, 220), clip(0.9, 330), clip(0.5, 110)];

for (const kind of ['roberta', 'bert'] as const) {
  for (const [name, change] of Object.entries({
    'with adapters': { lora },
    'with weighted layers': { frozen: 'layers' },
  }))
    testEncoder(`the text encoder ${kind} ${name}`, {
      open: () => openTextEncoder(text(kind, change), D, options),
      items: TEXTS,
      dModel: D,
    });
}
for (const [name, change] of Object.entries({
  'with adapters': { lora: audioLora },
  'with weighted layers': { frozen: 'layers' },
  'with weighted layers of averaged frames': { frozen: 'layers', averageFrames: 3 },
}))
  testEncoder(`the audio encoder data2vec-audio ${name}`, {
    open: () => openAudioEncoder(audio(change), D, options),
    items: CLIPS,
    dModel: D,
  });

describe('beside frozen weights', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mmolre-beside-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const cases = {
    'roberta lora': [() => openTextEncoder(text('roberta', { lora }), D, options), text('roberta', { lora })],
    'bert layers': [
      () => openTextEncoder(text('bert', { frozen: 'layers' }), D, options),
      text('bert', { frozen: 'layers' }),
    ],
    'data2vec-audio lora': [() => openAudioEncoder(audio({ lora: audioLora }), D, options), audio({ lora: audioLora })],
    'data2vec-audio layers': [
      () => openAudioEncoder(audio({ frozen: 'layers' }), D, options),
      audio({ frozen: 'layers' }),
    ],
  } as const;

  test.each(Object.keys(cases) as (keyof typeof cases)[])(
    '%s: the tree, and so a run, holds what trains alone, and its cost says how much',
    async (name) => {
      const [open, config] = cases[name];
      const opened = await open();
      const params = trainable(await opened.init(createRng(1)));
      opened.over(params);
      expect([...variables(params).keys()]).toEqual([...leaves(params).keys()]);
      const json = await (await findPlace((config as { model: string }).model)).read('config.json');
      const sizes = JSON.parse(new TextDecoder().decode(json));
      const { components } =
        'maxTokens' in config ? textCost(config, D, 5, sizes) : audioCost(config as AudioConfig, D, 1, sizes);
      const beside = components.filter(({ name }) => ['lora', 'layers', 'projection'].includes(name));
      expect(beside).toHaveLength(2);
      expect(beside.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(countParams(params));
      expect([...opened.files.keys()]).toEqual(['frozen.json']);
    },
  );

  test('a run goes on with the weights that it was trained beside, and no others', async () => {
    const config = text('roberta', { lora });
    const opened = await openTextEncoder(config, D, options);
    for (const [name, content] of opened.files) await writeFile(join(folder, name), content);
    const kept = folderPlace(folder);
    const again = await openTextEncoder(config, D, { ...options, kept });
    const shapes = (params: Params) => [...leaves(params)].map(([path, { shape }]) => `${path} ${shape}`);
    expect(shapes(await again.init(createRng(1)))).toEqual(shapes(await opened.init(createRng(1))));
    await writeFile(join(folder, 'frozen.json'), JSON.stringify({ sha256: 'another' }));
    await expect(openTextEncoder(config, D, { ...options, kept })).rejects.toThrow(
      /roberta-small: not the weights that .* was trained with \(SHA-256 another, found [0-9a-f]{64}\)$/,
    );
    const gone = { ...config, model: join(folder, 'gone') } as TextConfig;
    await expect(openTextEncoder(gone, D, { ...options, kept })).rejects.toThrow(
      /its text encoder is frozen, so its weights are not in the run but where they were: .* or name another copy as model\.text\.model in /,
    );
  });

  test('what does not go together is told in a line', async () => {
    await expect(openTextEncoder(text('bert', { lora, frozen: 'layers' }), D, options)).rejects.toThrow(
      'model.text: expected lora or frozen, as frozen trains nothing within the encoder, found both',
    );
    await expect(openAudioEncoder(audio({ frozen: 'layers', freezeConvolutions: false }), D, options)).rejects.toThrow(
      'model.audio.freezeConvolutions: expected true with frozen, found false',
    );
    await expect(openAudioEncoder(audio({ lora: { ...lora, targets: ['projection'] } }), D, options)).rejects.toThrow(
      `lora.targets: expected some of the layers' q_proj, k_proj, v_proj, out_proj, intermediate_dense, output_dense, found "projection"`,
    );
  });

  test('what is not said of adapters is what PEFT has or what is usual', () => {
    const bare = { kind: 'roberta', model: 'm', maxTokens: 9, lora: {} };
    expect(textKinds.roberta.schema.parse(bare)).toMatchObject({
      lora: { rank: 8, alpha: 16, targets: ['query', 'value'], dropout: 0.1 },
      frozen: null,
    });
    expect(textKinds.roberta.schema.parse({ ...bare, lora: undefined })).toMatchObject({ lora: null });
  });
});
