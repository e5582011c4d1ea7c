import { EMOTIONS } from '@mmolre/datasets';
import type { Prediction } from '@mmolre/model';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lengthGroups, modalityParts, type PredictedSplit, partsOf, speakerGroups } from './parts';

const thresholds = EMOTIONS.map(() => 0.5);
const prediction = fc.record({
  id: fc.constant(''),
  sentiment: fc.oneof(fc.constantFrom(0, -0, 1, -1), fc.double({ min: -4, max: 4, noNaN: true })),
  emotions: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
});
const sample = fc.record({
  example: fc.record(
    {
      id: fc.constant(''),
      text: fc.constantFrom('', '  ', 'no', 'a long text', 'a longer text'),
      audio: fc.constantFrom(8_000, 8_001, 16_000, 24_000).map((length) => new Float32Array(length)),
      speaker: fc.constantFrom('a', 'b', '__proto__', 'unknown'),
    },
    { requiredKeys: ['id'] },
  ),
  whole: prediction,
  withoutText: prediction,
  withoutAudio: prediction,
});

/** A split with what a model might have said of it. */
const anySplit = fc.array(sample, { minLength: 1, maxLength: 30 }).map((samples): PredictedSplit => {
  const both = samples.flatMap(({ example: { text, audio } }, i) => (text?.trim() && audio ? [i] : []));
  return {
    examples: samples.map(({ example }) => example),
    passes: {
      whole: samples.map(({ whole }) => whole),
      both,
      without: {
        text: both.map((i) => samples[i]!.withoutText),
        audio: both.map((i) => samples[i]!.withoutAudio),
      },
    },
    tasks: ['sentiment', 'emotion'],
    thresholds,
  };
});

const sorted = (positions: readonly number[]) => [...positions].sort((a, b) => a - b);

test('every sample of a part is in the split, once, with a prediction', () => {
  fc.assert(
    fc.property(anySplit, (split) => {
      const parts = partsOf(split);
      expect(parts[0]).toMatchObject({ by: 'all', of: [...split.examples.keys()] });
      for (const { of, predictions } of parts) {
        expect(of.every((i) => split.examples[i])).toBe(true);
        expect(new Set(of).size).toBe(of.length);
        expect(predictions).toHaveLength(of.length);
        expect(predictions.every(Boolean)).toBe(true);
      }
    }),
  );
});

test('samples with both modalities either disagree or agree; speakers and lengths divide the whole split, or are left out', () => {
  fc.assert(
    fc.property(anySplit, (split) => {
      const parts = partsOf(split);
      const of = (by: string) => parts.filter((part) => part.by === by);
      for (const by of ['sentiment', 'emotion']) {
        const [disagree, agree, ...others] = parts.filter((part) => part.by === by);
        expect(others).toEqual([]);
        expect(sorted([...(disagree?.of ?? []), ...(agree?.of ?? [])])).toEqual(split.passes.both);
      }
      for (const by of ['speaker', 'recording', 'text']) {
        const found = of(by);
        if (found.length === 0) continue;
        expect(found.length).toBeGreaterThan(1);
        expect(found.every((part) => part.of.length > 0)).toBe(true);
        expect(new Set(found.map(({ name }) => name)).size).toBe(found.length);
        expect(sorted(found.flatMap((part) => part.of))).toEqual([...split.examples.keys()]);
      }
    }),
  );
});

test('bands of length go up, and samples of equal length are in one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), (lengths) => {
      const bands = [...lengthGroups(lengths, { step: 1, unit: 'characters' }).values()];
      expect(bands.length === 0).toBe(new Set(lengths).size === 1);
      const values = bands.map((of) => of.map((i) => lengths[i]!));
      values.slice(1).forEach((band, b) => {
        expect(Math.min(...band)).toBeGreaterThan(Math.max(...values[b]!));
      });
    }),
  );
});

test('the bands of different lengths are thirds, and their names say how long they are', () => {
  const seconds = [3.104, 1, 2.5, 1.5, undefined, 2, 1.25];
  expect([...lengthGroups(seconds, { step: 0.01, unit: 's' })]).toEqual([
    ['of 1.00 to 1.25 s', [1, 6]],
    ['of 1.50 to 2.00 s', [3, 5]],
    ['of 2.50 to 3.10 s', [0, 2]],
    ['missing', [4]],
  ]);
  // Cut off at the longest, or mostly of one length: the others are still told apart.
  expect([...lengthGroups([8, 1, 8, 8, 8], { step: 1, unit: 'characters' })]).toEqual([
    ['of 1 characters', [1]],
    ['of 8 characters', [0, 2, 3, 4]],
  ]);
  // As different as decoders' last samples are.
  expect(lengthGroups([2, 2.0001, 1.9999], { step: 0.01, unit: 's' }).size).toBe(0);
  expect(lengthGroups([undefined, undefined], { step: 1, unit: 's' }).size).toBe(0);
});

test('speakers stand in the order of their names; of one alone, or none, nothing is said', () => {
  const groups = speakerGroups([{ speaker: 'b' }, {}, { speaker: 'a' }, { speaker: 'b' }]);
  expect([...groups]).toEqual([
    ['a', [2]],
    ['b', [0, 3]],
    ['unknown', [1]],
  ]);
  expect(speakerGroups([{ speaker: 'b' }, { speaker: 'b' }]).size).toBe(0);
  expect(speakerGroups([{}, {}]).size).toBe(0);
});

describe('what the text alone and the voice alone say', () => {
  const happy = [0.9, 0, 0, 0, 0, 0.6];
  const afraid = [0.6, 0, 0, 0, 0, 0.9];
  const calm = [0.1, 0, 0, 0, 0, 0];
  const say = (sentiment: number, emotions = calm): Prediction => ({ id: '', sentiment, emotions });
  const disagree = (text: Prediction, voice: Prediction, tasks: PredictedSplit['tasks'] = ['sentiment', 'emotion']) => {
    const passes = { whole: [say(1), say(2)], both: [1], without: { text: [voice], audio: [text] } };
    const parts = modalityParts({ passes, tasks, thresholds: tasks.includes('emotion') ? thresholds : undefined });
    return parts.filter(({ name, of }) => name === 'disagree' && of.length > 0).map(({ by }) => by);
  };

  test.each<[string, Prediction, Prediction, string[]]>([
    ['the same sign and category', say(0.1, happy), say(2, happy), []],
    ['another sign', say(-0.1), say(0.1), ['sentiment']],
    ['exactly 0, which is neither', say(0), say(0.1), ['sentiment']],
    ['0 twice, whichever its sign', say(0), say(-0), []],
    ['another emotion', say(1, happy), say(1, afraid), ['emotion']],
    ['an emotion and none', say(1, happy), say(-1, calm), ['sentiment', 'emotion']],
  ])('%s', (_, text, voice, expected) => {
    expect(disagree(text, voice)).toEqual(expected);
  });

  test('of a model of one task only that is asked', () => {
    expect(disagree({ id: '', sentiment: 1 }, { id: '', sentiment: -1 }, ['sentiment'])).toEqual(['sentiment']);
    expect(disagree({ id: '', emotions: happy }, { id: '', emotions: calm }, ['emotion'])).toEqual(['emotion']);
  });

  test('a part without a modality has the predictions without it', () => {
    const passes = { whole: [say(1), say(2)], both: [1], without: { text: [say(3)], audio: [say(-3)] } };
    const parts = modalityParts({ passes, tasks: ['sentiment'], thresholds: undefined });
    expect(parts.slice(0, 3)).toEqual([
      { by: 'modalities', name: 'with text and audio', of: [1], predictions: [say(2)] },
      { by: 'modalities', name: 'without audio', of: [1], predictions: [say(-3)] },
      { by: 'modalities', name: 'without text', of: [1], predictions: [say(3)] },
    ]);
  });

  test('without a sample that has both there are no such parts', () => {
    const passes = { whole: [say(1)], both: [], without: { text: [], audio: [] } };
    expect(modalityParts({ passes, tasks: ['sentiment'], thresholds: undefined })).toEqual([]);
  });
});
