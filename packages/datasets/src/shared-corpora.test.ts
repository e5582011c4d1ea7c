import { describe, expect, test } from 'vitest';
import { sharedData } from './__fixtures__/temporary-folders';
import { readCorpus } from './read-corpus';
import { inspectFolder } from './validate/inspect';

// The corpora themselves, where they are beside the repository: MELD may not be in it.

const meld = sharedData('meld');
const goEmotions = sharedData('goemotions');
const vader = sharedData('vader-icwsm2014');
const emoDb = sharedData('emodb');

/** The counts of a kind, train and valid, and what was published. */
async function rows(folder: string) {
  const { counts, problems } = await inspectFolder(folder);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return new Map(
    counts.map(({ kind, found, published }) => [
      kind,
      { found: [found.train, found.valid], published: [published.train, published.valid] },
    ]),
  );
}

describe.skipIf(!meld)('MELD', () => {
  test('has the published counts per emotion and sentiment', async () => {
    const found = await rows(meld!);
    expect(found.get('samples')!.found).toEqual([9_989, 1_109]);
    const numbers = (kind: string) => found.get(kind)!.found;
    expect(
      ['anger', 'disgust', 'fear', 'happiness', 'none', 'sadness', 'surprise'].map((name) =>
        numbers(`emotion ${name}`),
      ),
    ).toEqual([
      [1_109, 153],
      [271, 22],
      [268, 40],
      [1_743, 163],
      [4_710, 470],
      [683, 111],
      [1_205, 150],
    ]);
    expect(['negative', 'neutral', 'positive'].map((name) => numbers(`sentiment ${name}`))).toEqual([
      [2_945, 406],
      [4_710, 470],
      [2_334, 233],
    ]);
    for (const [kind, { found: count, published }] of found)
      if (published[0] !== undefined) expect([kind, count]).toEqual([kind, published]);
  });

  test('names its two known bad clips', async () => {
    const { problems } = await inspectFolder(meld!);
    expect(problems.filter(({ kind }) => kind === 'known-bad').map(({ file, line }) => [file, line])).toEqual([
      ['dev_sent_emo.csv', 1_086],
      ['train_sent_emo.csv', 1_167],
    ]);
  });
});

test.skipIf(!goEmotions)('GoEmotions has the published counts', async () => {
  const found = await rows(goEmotions!);
  expect(found.get('samples')!.found).toEqual([43_410, 5_426]);
  expect(found.get('emotion happiness')!.found).toEqual([17_410, 2_219]);
  expect(found.get('emotion disgust')!.found).toEqual([793, 97]);
  expect(found.get('category neutral')!.found).toEqual([14_219, 1_766]);
  expect(found.get('sentiment neutral')!.found).toEqual([12_823, 1_592]);
  for (const [kind, { found: count, published }] of found)
    if (published[0] !== undefined) expect([kind, count]).toEqual([kind, published]);
  const { samples } = await readCorpus(goEmotions!);
  expect(samples.find(({ id }) => id === 'ed2a8al/1')!.text).toBe('Pretty sure you don\'t know what "hurt" means');
  expect(samples.filter(({ text }) => text.includes('"'))).toHaveLength(1_234);
});

test.skipIf(!vader)("VADER's sentences", async () => {
  const { samples, problems } = await readCorpus(vader!);
  expect(problems).toEqual([]);
  const movies = samples.filter(({ videoId }) => videoId === 'movieReviewSnippets');
  expect([movies.length, samples.length - movies.length]).toEqual([10_605, 4_200]);
  const ratings = movies.map(({ sentiment }) => sentiment! / 0.75);
  expect([ratings.filter((x) => x > 0.75).length, ratings.filter((x) => x < -0.75).length]).toEqual([4_811, 4_862]);
});

test.skipIf(!emoDb)("EmoDB's clips", async () => {
  const { samples, problems } = await readCorpus(emoDb!);
  expect([samples.length, problems.length]).toEqual([464, 0]);
  expect(new Set(samples.map(({ text }) => text)).size).toBe(10);
});
