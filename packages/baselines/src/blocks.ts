import { FARTHEST_FUNCTIONAL, functionalsOf } from '@mmolre/encoders';
import { type EncoderOptions, type Example, hasText } from '@mmolre/model';
import { denseRow, EMPTY_ROW, type Features, type Row, sideBySide } from './rows';
import { openSentences, type Sentences } from './sentences';
import { type Block, type SimpleModels, widthOf } from './stored';
import { tfIdfRows } from './tf-idf';

export type SimpleOptions = Pick<EncoderOptions, 'find'> & {
  /** Takes a line for what cannot be fitted or scored, with the reason. */ log: (line: string) => void;
  /** Gives a few examples with their recordings; left out, all have theirs. */
  load?: (examples: readonly Example[]) => Promise<readonly Example[]>;
};

/** What models read of an example, as far as it has that. */
export type Seen = { text?: string; sentence?: Float32Array; voice?: Float32Array };

const CHUNK = 64;

/** Texts, their sentence vectors unless these are not wanted or cannot be had, and what voices are like. */
export async function lookAt(
  examples: readonly Example[],
  { maxSeconds, wantsSentences, load, ...options }: SimpleOptions & { maxSeconds: number; wantsSentences: boolean },
): Promise<Seen[]> {
  const sentences = wantsSentences && examples.some(hasText) ? await sentencesOrNone(options) : undefined;
  const seen: Seen[] = [];
  for (let start = 0; start < examples.length; start += CHUNK) {
    const chunk = examples.slice(start, start + CHUNK);
    const loaded = load ? await load(chunk) : chunk;
    const texts = chunk.flatMap((example) => (hasText(example) ? [example.text!] : []));
    const vectors = sentences && texts.length > 0 ? sentences(texts) : [];
    for (const [i, example] of chunk.entries()) {
      const { audio } = loaded[i]!;
      const sentence = hasText(example) ? vectors.shift() : undefined;
      seen.push({
        ...(hasText(example) && { text: example.text! }),
        ...(sentence && { sentence }),
        ...(audio && { voice: functionalsOf(audio, maxSeconds) }),
      });
    }
  }
  return seen;
}

async function sentencesOrNone(options: SimpleOptions): Promise<Sentences | undefined> {
  try {
    return await openSentences(options);
  } catch (error) {
    options.log(`simple models: without MiniLM: ${(error as Error).message}`);
    return undefined;
  }
}

/** Of each example its rows, by block; undefined where it has nothing to make one of. */
export type BlockRows = Record<Block, readonly (Row | undefined)[]>;

export function rowsOf(
  { tfIdf, functionals }: Pick<SimpleModels, 'tfIdf' | 'functionals'>,
  seen: readonly Seen[],
): BlockRows {
  const { means, deviations } = functionals;
  const scale = 1 / Math.sqrt(means.length);
  const voices = new Map<Float32Array, Row>();
  const voiceRow = (voice: Float32Array) => {
    const far = (x: number) => Math.max(-FARTHEST_FUNCTIONAL, Math.min(FARTHEST_FUNCTIONAL, x));
    const row = voices.get(voice) ?? denseRow(means.map((mean, j) => scale * far((voice[j]! - mean) / deviations[j]!)));
    voices.set(voice, row);
    return row;
  };
  const terms = tfIdfRows(
    tfIdf,
    seen.map(({ text }) => text ?? ''),
  );
  return {
    'TF-IDF': seen.map(({ text }, i) => (text === undefined ? undefined : terms[i]!)),
    MiniLM: seen.map(({ sentence }) => sentence && denseRow(sentence)),
    functionals: seen.map(({ voice }) => voice && voiceRow(voice)),
  };
}

/** Some blocks of some examples, side by side; zeros where an example has nothing. */
export const featuresOf = (
  models: Pick<SimpleModels, 'tfIdf'>,
  blocks: readonly Block[],
  rows: BlockRows,
  examples: readonly number[],
): Features =>
  sideBySide(
    blocks.map((block) => examples.map((i) => rows[block][i] ?? EMPTY_ROW)),
    blocks.map((block) => widthOf(block, models)),
  );
