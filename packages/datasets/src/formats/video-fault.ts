import { DataError, shownPath } from '@mmolre/files';

// Why a video gives no sound, in our own words: what a program says of its own options helps nobody.

export const videoFault = (path: string, message: string) =>
  new DataError(`${shownPath(path)}: ${message}`, { kind: 'corrupt-audio' });

export const noSound = (path: string) =>
  new DataError(`${shownPath(path)}: no sound in it`, { kind: 'no-audio-track' });

export const unreadable = (path: string) => videoFault(path, 'damaged or cut short, as it cannot be read as video');
