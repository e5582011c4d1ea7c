/** Bytes of a record at most: an unclosed quote then costs no more than this. */
export const MAX_RECORD = 1_000_000;
export const LINE_END = /\r\n|\r|\n/g;

const ADVICE = 'a text with quotes needs double quotes around it, and each quote inside twice';

/** Why a record is none, and how many lines after its first one reading goes on. */
export type CsvFlaw = { reason: string; skip: number };

/**
 * What is wrong with the record that a text begins with, of which the parser said that it is none. Where a quote is not closed, or closed
 * far below, reading goes on behind the line that opens it.
 *
 * @param line That it begins on, for the reason.
 */
export function flawOf(text: string, delimiter: ',' | '\t', line: number): CsvFlaw {
  const lineAt = (at: number) => text.slice(0, at).match(LINE_END)?.length ?? 0;
  /** Where it is, if not on the line that the reader is told of. */
  const where = (at: number) => (lineAt(at) === 0 ? '' : ` (in line ${line + lineAt(at)})`);
  const flaw = (reason: string, at: number): CsvFlaw => ({ reason: `${reason}; ${ADVICE}`, skip: lineAt(at) + 1 });
  const size = Math.min(text.length, MAX_RECORD);
  let at = 0;
  while (at < size) {
    const start = at;
    if (text[start] === '"') {
      const close = closingQuote(text, start + 1);
      if (close < 0) return flaw(`a double quote is opened${where(start)} and never closed`, start);
      if (close > MAX_RECORD) return flaw(`a double quote is opened${where(start)} and not closed within 1 MB`, start);
      at = close + 1;
      if (at < text.length && !isEnd(text[at]!, delimiter)) {
        if (delimiter === ',' && lineAt(close) === lineAt(start))
          return flaw(`text after the double quote that closes a cell${where(start)}`, start);
        if (delimiter === ',') {
          const opened = `a double quote is opened${where(start)} and closed only in line ${line + lineAt(close)}`;
          return flaw(`${opened}, where text follows`, start);
        }
        at = cellEnd(text, at, delimiter);
      }
    } else {
      at = cellEnd(text, start, delimiter);
      if (delimiter === ',' && text.slice(start, at).includes('"'))
        return flaw(`a double quote inside a cell${where(start)}`, start);
    }
    if (text[at] !== delimiter) break;
    at += 1;
  }
  return { reason: 'a row of more than 1 MB', skip: lineAt(Math.min(at, text.length)) + 1 };
}

/** The first double quote from `at` on that is not one of two; -1 if there is none. */
function closingQuote(text: string, at: number): number {
  let close = text.indexOf('"', at);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  return close;
}

const isEnd = (character: string, delimiter: string) => character === delimiter || /[\r\n]/.test(character);

/** Where the cell ends that has `at` in it and is not quoted there. */
function cellEnd(text: string, at: number, delimiter: string): number {
  const end = delimiter === ',' ? /[,\r\n]/g : /[\t\r\n]/g;
  end.lastIndex = at;
  return end.exec(text)?.index ?? text.length;
}
