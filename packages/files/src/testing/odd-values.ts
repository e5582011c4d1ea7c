/** Numbers that lengths and counts are forged with. */
export const EXTREMES = [0, 1, 2, 127, 128, 255, 256, 32_767, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];

/** Bytes that are no UTF-8, or that a text should not hold. */
export const ENCODINGS = [
  'ff',
  'c0af',
  'eda080',
  'f8888080',
  '00',
  'efbbbf',
  'fffe',
  'c3',
  'e282',
  '0d',
  '22',
  '80',
].map((hex) => Buffer.from(hex, 'hex'));

/** Numbers as texts: just out of a range, no numbers at all, or written in another way. */
export const ODD_NUMBERS = [
  ...['0', '-0', '1', '-1', '0.5', '3', '-3', '3.0001', '-3.01', '4', '1e3', '1e-3', '1e999', '-1e999', '5e-324'],
  ...[
    'NaN',
    'nan',
    'Infinity',
    '-inf',
    '0x10',
    '1_000',
    '1,5',
    '٣',
    '１',
    '--1',
    '+1',
    '1.',
    '.5',
    '1e',
    '9007199254740993',
  ],
];

/** Texts that names, labels and paths are not meant to be. */
export const ODD_TEXTS = [
  ...['', ' ', '\t', '\0', '\n', '\r\n', '"', "'", ',', '\\', '=1+1', "'=1", '-', 'null', 'true', 'undefined'],
  ...['../../etc/passwd', '/etc/passwd', '..', '.', 'a/../../b', 'C:\\x', 'a\\b', 'a'.repeat(300), 'x'.repeat(20_000)],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '\u202egnp.exe',
    '\u200b',
    '\ufeff',
    '\u0085',
    '\ud800',
  ],
  ...['é', 'e\u0301', '💥', '悪い', '%s%n', '$&', '$(x)', '<b>', 'joy', 'train', 'valid', 'test', '0'],
];
