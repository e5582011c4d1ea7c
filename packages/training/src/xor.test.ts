import { useBackend } from '@mmolre/backend';
import type { Example } from '@mmolre/model';
import { createRng, type Rng } from '@mmolre/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { trainFresh } from './__fixtures__/train-fresh';
import { compact } from './presets';
import type { RunConfig } from './run-config';

// A set whose emotion is the exclusive-or of a word and a tone: neither modality alone says anything about it.
// The sentiment is a sum of the two, so both encoders have something to learn from the first step on.

const MAX_EPOCHS = 18;
const HAPPY = [1, 0, 0, 0, 0, 0];
const NONE = [0, 0, 0, 0, 0, 0];
const WORDS = [
  ['yes', 'yes yes', 'oh yes'],
  ['no', 'no no', 'oh no'],
];
const TONES = [400, 2500]; // Hz

/** Half a second of a tone over a little noise. */
function clip(hz: number, rng: Rng): Float32Array {
  const phase = rng.uniform() * 2 * Math.PI;
  return Float32Array.from({ length: 8000 }, (_, i) => {
    const tone = 0.3 * Math.sin((2 * Math.PI * hz * i) / 16_000 + phase);
    return tone + 0.01 * (rng.uniform() - 0.5);
  });
}

function makeSet(count: number, rng: Rng): Example[] {
  return Array.from({ length: count }, (_, i) => {
    const [word, tone] = [i % 2, (i >> 1) % 2];
    const texts = WORDS[word]!;
    return {
      id: String(i),
      text: texts[Math.floor(rng.uniform() * texts.length)]!,
      audio: clip(TONES[tone]! * (1 + 0.1 * rng.uniform()), rng),
      sentiment: (word === 0 ? 2 : -2) + (tone === 0 ? 1 : -1),
      emotions: word === tone ? NONE : HAPPY,
    };
  });
}

function config(ablate: RunConfig['training']['ablate']): RunConfig {
  const run = compact();
  return {
    ...run,
    model: {
      ...run.model,
      fusion: { ...run.model.fusion, numLayers: 1, dropout: 0 },
      text: { kind: 'compact', numLayers: 1, numHeads: 4, width: 96, dropout: 0, maxTokens: 8, trainTable: true },
      auxiliaryWeight: 1,
      heads: { hidden: 32, dropout: 0 },
    },
    training: {
      ...run.training,
      ablate,
      schedule: 'constant',
      warmupSteps: 0,
      learningRate: 2e-3,
      batchSize: 16,
      maxEpochs: MAX_EPOCHS,
      averageDecay: 0,
      modalityDropout: 0,
      patience: MAX_EPOCHS,
      thresholds: 'fixed',
    },
  };
}

/** The share of right answers on the validation samples after each epoch, up to the first that has `enough` or is the last of so many. */
async function accuraciesOf(ablate: RunConfig['training']['ablate'], { enough = 1, epochs = MAX_EPOCHS }) {
  const rng = createRng(7);
  const sets = { train: makeSet(128, rng), valid: makeSet(64, rng) };
  const accuracies: number[] = [];
  const stop = new AbortController();
  await trainFresh(config(ablate), {
    ...sets,
    signal: stop.signal,
    onEvent: (event) => {
      if (event.event !== 'epoch') return;
      accuracies.push(event.valid.emotion!.perEmotion.happiness!.accuracy!);
      if (accuracies.at(-1)! >= enough || accuracies.length === epochs) stop.abort();
    },
  });
  return accuracies;
}

describe('a word xor a tone', () => {
  /** How many epochs both modalities together need. */
  let epochs = MAX_EPOCHS;
  beforeAll(async () => {
    await useBackend({ log: () => {} });
  });

  test('is learnt by both modalities together', async () => {
    const accuracies = await accuraciesOf('none', { enough: 0.9 });
    expect(accuracies.at(-1)).toBeGreaterThanOrEqual(0.9);
    epochs = accuracies.length;
    expect(epochs).toBeGreaterThan(1);
  });

  test.each(['text', 'audio'] as const)('is not learnt in as many epochs with %s blanked', async (blanked) => {
    const accuracies = await accuraciesOf(blanked, { epochs });
    expect(accuracies).toHaveLength(epochs);
    expect(Math.max(...accuracies)).toBeLessThanOrEqual(0.6);
  });
});
