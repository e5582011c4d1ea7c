import type { Explanation, Utterance } from '@mmolre/training/explanations';
import type { About } from '../serve/protocol';

// What the page and its worker say to each other.

export type ToWorker = { id: number; utterance: Utterance };

export type FromWorker =
  | { kind: 'loading' /** 0 .. 1 */; share: number }
  | { kind: 'ready'; about: About /** What computes. */; backend: string }
  | { kind: 'failed'; error: string }
  | { kind: 'answer'; id: number; explanation: Explanation }
  | { kind: 'refused'; id: number; error: string };
