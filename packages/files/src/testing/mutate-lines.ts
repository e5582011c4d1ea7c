import { change, type Draw, listMoves, type Moves, type Mutator, pick, replaced } from './draw';
import { ENCODINGS, ODD_NUMBERS, ODD_TEXTS } from './odd-values';

/** Lines, each byte a character. */
type Lines = readonly string[];

const bytesOf = (text: string) => Buffer.from(text).toString('latin1');
const someLine = (lines: Lines, draw: Draw, becomes: (line: string) => string): Lines => {
  const at = draw(lines.length);
  return lines.length === 0 ? lines : replaced(lines, at, 1, becomes(lines[at]!));
};
/** Some part of a line, by what the pattern finds, becomes another. */
const somePart =
  (pattern: RegExp, becomes: (draw: Draw) => string): Moves<Lines>[string] =>
  (lines, draw) =>
    someLine(lines, draw, (line) => {
      const found = [...line.matchAll(pattern)];
      if (found.length === 0) return line;
      const { 0: part, index } = pick(found, draw);
      return `${line.slice(0, index)}${becomes(draw)}${line.slice(index + part.length)}`;
    });

const lineMoves: Moves<Lines> = {
  ...listMoves<string>(),
  blank: (lines, draw) => replaced(lines, draw(lines.length + 1), 0, ''),
  cut: (lines, draw) => someLine(lines, draw, (line) => line.slice(0, draw(line.length))),
  encoding: (lines, draw) => someLine(lines, draw, (line) => `${line}${pick(ENCODINGS, draw).toString('latin1')}`),
  lineEnds: (lines) => lines.map((line) => `${line.replace(/\r$/, '')}\r`),
};

const WORD = /\S+/g;
const NUMBER = /-?\d+(\.\d+)?/g;
const textMoves: Moves<Lines> = {
  ...lineMoves,
  word: somePart(WORD, (draw) => bytesOf(pick(ODD_TEXTS, draw))),
  number: somePart(NUMBER, (draw) => bytesOf(pick(ODD_NUMBERS, draw))),
  number2: somePart(NUMBER, (draw) => bytesOf(pick(ODD_NUMBERS, draw))),
  bracket: somePart(/[^\w\s]/g, (draw) => pick(['', '[', ']', '(', ':', '\t', '  '], draw)),
};

const YAML_VALUES = [
  ...['~', 'null', 'yes', 'on', '[]', '{}', '[1, 2]', '{a: 1}', '-1', '0', '1.5', '.inf', '-.inf', '.nan', '1e400'],
  ...[
    '0o17',
    '0x1F',
    '2001-01-01',
    '"text"',
    "'text'",
    '|',
    '>',
    '*a',
    '&a 1',
    '!!js/function x',
    '!!binary aGk=',
    '!a b',
  ],
  ...[
    '!!str 1',
    '!!float 1',
    '!!set {a}',
    '@x',
    '`x',
    '%x',
    '- 1',
    '? x',
    '"\\u202e"',
    '<<: 1',
    '9007199254740993',
    'none',
  ],
];
const BOMB = [
  'a: &a [x, x, x, x, x, x, x, x, x, x]',
  ...[...'bcdefghi'].map((name, i) => `${name}: &${name} [${`*${'abcdefgh'[i]}, `.repeat(9)}]`),
];
const YAML_LINES = [
  '---',
  '...',
  '%YAML 1.2',
  '<<: *none',
  '? [a, b]',
  '- 1',
  '\tx: 1',
  '__proto__: {polluted: 1}',
  ': x',
  '# note',
  '&a',
  '}',
];
const VALUE = /(?<=: )\S.*/g;
const value = somePart(VALUE, (draw) => bytesOf(pick(YAML_VALUES, draw)));
const number = somePart(VALUE, (draw) => bytesOf(pick(ODD_NUMBERS, draw)));
const yamlMoves: Moves<Lines> = {
  ...lineMoves,
  ...{ value, value2: value, value3: value, number, number2: number },
  text: somePart(VALUE, (draw) => bytesOf(JSON.stringify(pick(ODD_TEXTS, draw)))),
  key: somePart(/\w+(?=:)/g, (draw) => bytesOf(JSON.stringify(pick(ODD_TEXTS, draw)))),
  indent: (lines, draw) => someLine(lines, draw, (line) => pick([`  ${line}`, ` ${line}`, line.trimStart()], draw)),
  insert: (lines, draw) => replaced(lines, draw(lines.length + 1), 0, pick(YAML_LINES, draw)),
  bomb: (lines, draw) => (draw(4) === 0 ? [...BOMB, ...lines] : lines),
};

const mutateLines =
  (moves: Moves<Lines>): Mutator =>
  (seed, draw) => {
    const { value, how } = change<Lines>(seed.toString('latin1').split('\n'), moves, draw);
    return { bytes: Buffer.from(value.join('\n'), 'latin1'), how };
  };

/** Breaks a text by its lines, and the words, numbers and brackets in them. */
export const mutateText: Mutator = mutateLines(textMoves);

/** Breaks YAML by its lines, keys and values; tags, anchors and aliases come in. */
export const mutateYaml: Mutator = mutateLines(yamlMoves);
