/** A kind of file that `prepare` takes sound out of. */
export type ContainerKind = (typeof CONTAINERS)[number]['kind'];

type Signature = readonly (readonly [at: number, bytes: string])[];

/** First bytes, as latin1. */
const CONTAINERS = [
  ...['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip'].map((box) => ({ kind: 'mp4', starts: [[4, box]] }) as const),
  { kind: 'matroska', starts: [[0, '\x1a\x45\xdf\xa3']] },
  {
    kind: 'avi',
    starts: [
      [0, 'RIFF'],
      [8, 'AVI '],
    ],
  },
  { kind: 'flv', starts: [[0, 'FLV\x01']] },
  { kind: 'asf', starts: [[0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11']] },
  {
    kind: 'aiff',
    starts: [
      [0, 'FORM'],
      [8, 'AIF'],
    ],
  },
  { kind: 'amr', starts: [[0, '#!AMR']] },
  { kind: 'aac', starts: [[0, '\xff\xf1']] },
  { kind: 'aac', starts: [[0, '\xff\xf9']] },
  { kind: 'au', starts: [[0, '.snd']] },
  { kind: 'caf', starts: [[0, 'caff']] },
  { kind: 'mpeg', starts: [[0, '\x00\x00\x01\xba']] },
] as const satisfies readonly { kind: string; starts: Signature }[];

/** Other things that are found under a video's name. */
const OTHERS: readonly { what: string; starts: Signature }[] = [
  { what: 'a PNG picture', starts: [[0, '\x89PNG']] },
  { what: 'a JPEG picture', starts: [[0, '\xff\xd8\xff']] },
  { what: 'a GIF picture', starts: [[0, 'GIF8']] },
  {
    what: 'a WebP picture',
    starts: [
      [0, 'RIFF'],
      [8, 'WEBP'],
    ],
  },
  { what: 'a PDF document', starts: [[0, '%PDF']] },
  { what: 'a zip archive', starts: [[0, 'PK']] },
  { what: 'a gzip archive', starts: [[0, '\x1f\x8b']] },
  { what: 'wav audio', starts: [[0, 'RIFF']] },
  { what: 'flac audio', starts: [[0, 'fLaC']] },
  { what: 'Ogg audio', starts: [[0, 'OggS']] },
  { what: 'mp3 audio', starts: [[0, 'ID3']] },
  { what: 'mp3 audio', starts: [[0, '\xff\xfb']] },
  { what: 'a playlist', starts: [[0, '#EXTM3U']] },
];

/** So many first bytes of a file are looked at. */
export const KIND_BYTES = 256;

/** Which container a file is, by its first bytes; undefined if none that sound is taken out of. */
export function containerKind(head: Uint8Array): ContainerKind | undefined {
  return CONTAINERS.find(({ starts }) => matches(head, starts))?.kind;
}

/** What else a file seems to be, for a message: `what looks like an HTML page`. */
export function otherKind(head: Uint8Array): string {
  const known = OTHERS.find(({ starts }) => matches(head, starts))?.what ?? textKind(head);
  if (known) return `what looks like ${known}`;
  if (head.every((byte) => byte === 0)) return 'zeros';
  return `a file that begins with the bytes ${Buffer.from(head.subarray(0, 8)).toString('hex')}`;
}

const matches = (head: Uint8Array, starts: Signature) =>
  starts.every(([at, bytes]) => Buffer.from(head).toString('latin1', at, at + bytes.length) === bytes);

function textKind(head: Uint8Array): string | undefined {
  const text = Buffer.from(head).toString('utf8').trimStart();
  if (/^\ufeff?<(!doctype html|html|head|body)\b/i.test(text)) return 'an HTML page';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a text holds none of them
  return /[\u0000-\u0008\u000e-\u001f]|\ufffd./.test(text) ? undefined : 'a text';
}
