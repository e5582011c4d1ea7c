import { decodeAudio } from '@mmolre/audio';
import { DataError } from '@mmolre/files';
import type { Utterance } from '@mmolre/training';
import { HTTPException } from 'hono/http-exception';
import { LIMITS } from './limits';

export type Question = {
  utterance: Utterance /** Whether the recording goes on behind what is heard. */;
  cut: boolean;
};
type Status = 400 | 413 | 415 | 422;

const refuse = (status: Status, message: string): never => {
  throw new HTTPException(status, { message });
};
const SAMPLE_RATE = 16_000;
/** So much more is decoded than is heard, to know whether there is more. */
const MORE_SECONDS = 0.05;

/**
 * Reads a question: a form with the fields text and audio, or one of them.
 *
 * @param maxSeconds Of the recording so much is heard.
 * @throws HTTPException, a 4xx with one line that says what was expected.
 */
export async function readQuestion(request: Request, maxSeconds: number): Promise<Question> {
  const { text, audio } = await fieldsOf(request);
  if (text.length > LIMITS.textCharacters)
    refuse(413, `text: expected at most ${LIMITS.textCharacters} characters, found ${text.length}`);
  if (text.trim() === '' && !audio) refuse(422, 'expected a text, a recording, or both, found neither');
  if (!audio) return { utterance: { text }, cut: false };
  const samples = await decodeAudio(audio, {
    firstSeconds: maxSeconds + MORE_SECONDS,
    maxSeconds: LIMITS.audioSeconds,
    deadlineSeconds: LIMITS.decodeSeconds,
  }).catch((error) => (error instanceof DataError ? refuse(422, error.message) : Promise.reject(error)));
  const heard = Math.round(maxSeconds * SAMPLE_RATE);
  return { utterance: { text, audio: samples.slice(0, heard) }, cut: samples.length > heard };
}

async function fieldsOf(request: Request): Promise<{ text: string; audio: Uint8Array | undefined }> {
  const type = request.headers.get('content-type') ?? 'nothing';
  if (!/^multipart\/form-data *;/i.test(type)) refuse(415, `expected multipart/form-data, found ${oneLine(type)}`);
  const form = await request.formData().catch(() => refuse(400, 'expected multipart/form-data, found something else'));
  const fields = [...form];
  const unknown = fields.find(([name]) => name !== 'text' && name !== 'audio');
  if (unknown) refuse(400, `expected the fields text and audio, found ${oneLine(unknown[0])}`);
  const twice = ['text', 'audio'].find((name) => form.getAll(name).length > 1);
  if (twice) refuse(400, `${twice}: expected it once, found it ${form.getAll(twice).length} times`);
  const [text, audio] = [form.get('text') ?? '', form.get('audio') ?? undefined];
  if (typeof text !== 'string') return refuse(400, 'text: expected a text, found a file');
  if (typeof audio === 'string') return refuse(400, 'audio: expected a file, found a text');
  return { text, audio: audio && new Uint8Array(await audio.arrayBuffer()) };
}

/** What a stranger wrote, as a message may show it. */
const oneLine = (text: string) => JSON.stringify(text.slice(0, 60));
