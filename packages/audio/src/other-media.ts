import { ascii } from './audio-header';

/**
 * What a file that is not read here looks like by its first 16 bytes, where it is one that ffmpeg reads; undefined if it looks like none
 * of them.
 */
export function otherMedia(start: Uint8Array): string | undefined {
  const [four, type] = [ascii(start, 0, 4), ascii(start, 8, 12)];
  if (ascii(start, 4, 8) === 'ftyp') return mpeg4(type);
  if (four === 'RIFF' && type === 'AVI ') return 'an AVI video';
  if (four === 'FORM' && /^AIF[FC]$/.test(type)) return 'an AIFF recording';
  if (four === '\x1a\x45\xdf\xa3') return 'a Matroska or WebM video';
  if (four === '\x30\x26\xb2\x75') return 'a Windows Media file (wma, wmv, asf)';
  if (ascii(start, 0, 5) === '#!AMR') return 'an AMR recording';
  if (start[0] === 0xff && (start[1]! & 0xf6) === 0xf0) return 'an AAC recording';
  return undefined;
}

function mpeg4(brand: string): string {
  if (/^3g/.test(brand)) return 'a 3GP video or recording';
  if (/^M4[AB]/.test(brand)) return 'an AAC recording in MPEG-4 (m4a)';
  return brand === 'qt  ' ? 'a QuickTime video (mov)' : 'an MPEG-4 video (mp4)';
}
