// What a report is made of: facts become blocks, blocks become a terminal's text, Markdown or a page.

export type Table = {
  head: readonly string[];
  /** Cells are texts, whatever they look like. As text, the first column stands left and the others right; in a page, columns of numbers stand right. */
  rows: readonly (readonly string[])[];
  /** The anchor of each row's run in a page: its first cell leads there. */ anchors?: readonly string[];
};

/** A drawing as HTML that we made, for pages alone. */
export type Plot = { title: string; html: string };

export type Block =
  | { heading: string /** Where links within a page lead. */; anchor?: string }
  | { text: string }
  /** A list of remarks, a line each. */
  | { lines: readonly string[] }
  | { table: Table }
  /** What must be said with the figures. */
  | { warning: string }
  /** Names and their values; a page makes a link of a value that has a relative address. */
  | { facts: readonly Fact[] }
  /** Drawings beside each other; `text` stands for them elsewhere. */
  | { plots: readonly Plot[]; text: string }
  /** What was said, with its sound in a page. */
  | { utterances: readonly UtteranceFacts[] };

export type Fact = readonly [name: string, value: string, address?: string];

/** An utterance and what a model says of it. */
export type UtteranceFacts = {
  id: string;
  text?: string | undefined;
  /** A wav file in base64, and its samples' peaks, 0 .. 1, from left to right. */ sound?:
    | { wav: string; peaks: readonly number[] }
    | undefined;
  /** Labels and answers, a line each. */ lines: readonly string[];
};

/** A number with three decimals; `undefined` where it is not defined. */
export const shown = (value: number | undefined, digits = 3): string => value?.toFixed(digits) ?? 'undefined';

/** A whole number with commas. */
export const counted = (value: number): string => value.toLocaleString('en-US');

/** An utterance where there is no page, a line: line feeds of its text become spaces. */
export const utteranceLine = ({ id, text, lines }: UtteranceFacts): string =>
  [id, ...(text ? [JSON.stringify(text)] : []), ...lines].join('; ');
