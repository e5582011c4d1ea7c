import { expect, test } from 'vitest';
import { quoted, shownPath } from './data-error';

const UNSEEN = [
  ...['\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069', '\u200e', '\u200f'],
  ...['\u061c', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u2028', '\u2029', '\u0085', '\u009b'],
  ...['\u007f', '\u001b', '\n', '\0', '\u{e0041}'],
];

test.each(UNSEEN)('what cannot be seen is shown in a message: %j', (character) => {
  const name = `annual${character}fdp.exe`;
  for (const shown of [quoted(name), shownPath(name)]) {
    expect(shown).toMatch(/^"annual(\\u[0-9a-f]{4}){1,2}fdp\.exe"$|^"annual\\nfdp\.exe"$/);
    expect(JSON.parse(shown)).toBe(name);
  }
});

test('what can be seen is shown as it is', () => {
  for (const name of ['a b.wav', 'größer — 悪い', 'C:\\x', 'קול', 'it\'s "so"']) expect(shownPath(name)).toBe(name);
  expect(quoted('größer — 悪い, קול')).toBe('"größer — 悪い, קול"');
  expect(quoted('x'.repeat(99))).toBe(`"${'x'.repeat(60)}…"`);
});
