// A cell that begins with one of these is a formula to a spreadsheet, which would run it; the last four are their wide forms. Before an
// apostrophe that was there already stands another, so that a text is never taken for a guarded one.
const NEEDS_GUARD = /^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const IS_GUARDED = /^'+[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A text as it can stand in a spreadsheet: with an apostrophe before it where it would be a formula. A number needs none. */
export const guarded = (text: string): string => (NEEDS_GUARD.test(text) && !NUMBER.test(text) ? `'${text}` : text);

/** What {@link guarded} was given. Of another's text, an apostrophe goes only where one of those characters follows; others stay. */
export const unguarded = (cell: string): string => (IS_GUARDED.test(cell) ? cell.slice(1) : cell);
