// What a report is made of: facts become blocks, blocks become a terminal's text, Markdown or a page.

export type Table = {
  head: readonly string[];
  /** Cells are texts, whatever they look like. As text, the first column stands left and the others right; in a page, columns of numbers stand right. */
  rows: readonly (readonly string[])[];
};

export type Block =
  | { heading: string }
  | { text: string }
  /** A list of remarks, a line each. */
  | { lines: readonly string[] }
  | { table: Table }
  /** What must be said with the figures. */
  | { warning: string }
  /** A drawing as HTML that we made, for pages alone; `text` stands for it elsewhere. */
  | { plot: string; text: string };

/** A number with three decimals; `undefined` where it is not defined. */
export const shown = (value: number | undefined, digits = 3): string => value?.toFixed(digits) ?? 'undefined';

/** A whole number with commas. */
export const counted = (value: number): string => value.toLocaleString('en-US');
