import { join } from 'node:path';
import { readDataFile } from '@mmolre/files';
import iconv from 'iconv-lite';
import { type CorpusFolder, shownFile } from '../corpus-folder';
import { problem, type Report } from '../problem';
import { likelyEncoding, unmarkedUtf16, utf16Mark } from './encodings';

/** A text file's content, and the lines of it that cannot be read, which have been reported. */
export type TextFile = { text: string; badLines: ReadonlySet<number> };

const MAX_TEXT_BYTES = 500e6;
/** What only a line that is reported holds, if the text is not UTF-8 with U+FFFD in it. */
const SUSPECT = /[\0\u0080-\u009f\ufffd]/;
const LINE_END = /\r\n|\r|\n/;

/**
 * Reads a text file of a data set: UTF-8, with or without a byte order mark; UTF-16, by its mark or where it is plain; else what the user
 * says (`--encoding`), or what this corpus's files are known to be in. Each line in another encoding is reported, and so is each with
 * control characters that no text has.
 *
 * @param known The encoding of this corpus's own files where they are no UTF-8.
 * @throws DataError if it is missing, empty, an LFS pointer, or a link that leads out of the folder.
 */
export async function readTextFile(
  folder: CorpusFolder,
  file: string,
  report: Report,
  known?: string,
): Promise<TextFile> {
  const shown = shownFile(folder, file);
  const linked = folder.others.has(file) ? await folder.find(file, shown) : undefined;
  const path = linked ?? join(folder.root, file);
  const { buffer, byteOffset, byteLength } = await readDataFile(path, MAX_TEXT_BYTES, shown);
  const found = decode(Buffer.from(buffer, byteOffset, byteLength), folder.encoding, known);
  if (found.assumed) {
    const message = `${shown}: no UTF-8: read as ${found.assumed}, as files of this data set are`;
    report(problem('encoding', file, undefined, message));
  }
  const badLines = new Set<number>();
  if (!SUSPECT.test(found.text)) return { text: found.text, badLines };
  found.text.split(LINE_END).forEach((content, index) => {
    const place = `${shown}, line ${index + 1}`;
    if (content.includes('\0') || (found.isBroken && content.includes('\ufffd'))) {
      badLines.add(index + 1);
      report(problem('bad-row', file, index + 1, `${place}: ${found.fault}`));
    }
    const control = /[\u0080-\u009f]/.exec(content)?.[0];
    if (!control) return;
    const name = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    const message = `${place}: holds the control character U+${name}; it was probably windows-1252 read as Latin-1`;
    report(problem('control-characters', file, index + 1, message));
  });
  return { text: found.text, badLines };
}

type Decoded = {
  text: string;
  /** What is wrong with the lines that hold U+FFFD, or NUL. */ fault: string;
  /** Whether U+FFFD stands for what could not be read. */ isBroken: boolean;
  /** How lines were read where nothing in them tells. */ assumed?: string;
};

function decode(bytes: Buffer, asked: string | undefined, known: string | undefined): Decoded {
  const utf16 = utf16Mark(bytes) ?? unmarkedUtf16(bytes);
  if (utf16) return { text: iconv.decode(bytes, utf16), fault: `damaged ${utf16.toUpperCase()}`, isBroken: true };
  const whole = asUtf8(bytes);
  if (whole !== undefined) return { text: whole, fault: 'expected text, found NUL', isBroken: false };
  // Line by line, as some of a file's lines may be UTF-8 and others not.
  const encoding = asked ?? known;
  const others: Buffer[] = [];
  const lines = linesOf(bytes).map((line) => {
    const text = asUtf8(line);
    if (text === undefined) others.push(line);
    return text ?? (encoding ? iconv.decode(line, encoding) : line.toString('utf8'));
  });
  const text = lines.join('\n');
  if (encoding) {
    const fault = `expected UTF-8 or ${encoding}, found neither`;
    return { text, fault, isBroken: true, ...(!asked && { assumed: encoding }) };
  }
  const likely = likelyEncoding(Buffer.concat(others));
  const advice = likely
    ? `; it looks like ${likely}: say --encoding ${likely}, or save it as UTF-8`
    : '; save it as UTF-8';
  return { text, fault: `expected UTF-8, found another encoding${advice}`, isBroken: true };
}

function asUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const end = bytes.indexOf(10, from);
    lines.push(bytes.subarray(from, end < 0 ? bytes.length : end));
    from = end < 0 ? bytes.length + 1 : end + 1;
  }
  return lines;
}
