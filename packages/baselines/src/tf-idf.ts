import { EMPTY_ROW, type Row } from './rows';

/** Words and pairs of words that are counted, in the order of their columns, and what each weighs. */
export type TfIdf = { terms: string[]; weights: number[] };

/** Terms that fewer texts have say nothing of others. */
const FEWEST_TEXTS = 2;
/** The most frequent ones, if there are more. */
export const MOST_TERMS = 20_000;

/** Learns which terms there are, and how rare each is; by scikit-learn's rules. */
export function fitTfIdf(texts: readonly string[]): TfIdf {
  const found = new Map<string, number>();
  for (const text of texts) for (const term of countsOf(text).keys()) found.set(term, (found.get(term) ?? 0) + 1);
  const kept = [...found]
    .filter(([, count]) => count >= FEWEST_TEXTS)
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, MOST_TERMS);
  const rare = (count: number) => Math.log((1 + texts.length) / (1 + count)) + 1;
  return { terms: kept.map(([term]) => term), weights: kept.map(([, count]) => rare(count)) };
}

/** Turns texts into rows: (1 + log count) times the weight of each term, scaled to length 1. No known term: no numbers. */
export function tfIdfRows({ terms, weights }: TfIdf, texts: readonly string[]): Row[] {
  const columns = new Map(terms.map((term, column) => [term, column]));
  return texts.map((text) => {
    const known = [...countsOf(text)].flatMap(([term, count]) => {
      const column = columns.get(term);
      return column === undefined ? [] : [{ column, value: (1 + Math.log(count)) * weights[column]! }];
    });
    if (known.length === 0) return EMPTY_ROW;
    known.sort((a, b) => a.column - b.column);
    const length = Math.hypot(...known.map(({ value }) => value));
    return {
      columns: Int32Array.from(known, ({ column }) => column),
      values: Float64Array.from(known, ({ value }) => value / length),
    };
  });
}

/** How often each word of at least two letters, and each pair of neighbours, is in a text, in small letters. */
function countsOf(text: string): Map<string, number> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
  const counts = new Map<string, number>();
  for (const term of [...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)])
    counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}
