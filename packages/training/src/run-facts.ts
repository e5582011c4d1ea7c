import { NUM_EMOTIONS } from '@mmolre/datasets';
import { shownValue } from '@mmolre/encoders';
import { readJson } from '@mmolre/files';
import { z } from 'zod';

// What a run keeps beside its model: found in training, and used as it stands.

/** A list of so many, one an emotion. */
function anEmotion<Item extends z.ZodType>(item: Item, items: string) {
  const error = `expected a list of ${NUM_EMOTIONS}, ${items}`;
  return z.array(item, { error }).length(NUM_EMOTIONS, { error });
}

const probability = 'expected a number of 0 .. 1';
const thresholdsSchema = anEmotion(
  z.number({ error: probability }).min(0, { error: probability }).max(1, { error: probability }),
  'numbers of 0 .. 1',
);

const baselinesSchema = z.object(
  { sentiment: z.number({ error: 'expected a number' }) },
  { error: 'expected an object with sentiment' },
);

/** What is always predicted that knows the training labels alone: their median, for sentiment. */
export type Baselines = z.infer<typeof baselinesSchema>;

/**
 * The probabilities, one an emotion, above which it counts as present.
 *
 * @throws One line: the file, which of them, what was expected and what was found.
 */
export const readThresholds = (path: string): Promise<number[]> => readFacts(path, 'thresholds', thresholdsSchema);

/** @throws One line, as `readThresholds`. */
export const readBaselines = (path: string): Promise<Baselines> => readFacts(path, 'baselines', baselinesSchema);

async function readFacts<Facts>(path: string, name: string, schema: z.ZodType<Facts>): Promise<Facts> {
  const json = await readJson(path, 'the folder of a trained run');
  const { data, error } = schema.safeParse(json);
  if (!error) return data as Facts;
  const { path: keys, message } = error.issues[0]!;
  const found = keys.reduce((value, key) => (value as Record<PropertyKey, unknown>)[key], json);
  throw new Error(`${path}: ${[name, ...keys].join('.')}: ${message}, found ${shownValue(found)}`);
}
