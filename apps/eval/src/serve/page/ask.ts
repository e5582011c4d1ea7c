import type { About, Answered, Refused } from '../protocol';

/** What a person asks: words, a recording, or both. */
export type Asked = { text: string; audio: File | undefined };

/**
 * The answer to a question: the one place where the page needs a model.
 *
 * @throws One line for the person who asked.
 */
export async function answer({ text, audio }: Asked): Promise<Answered> {
  const form = new FormData();
  form.set('text', text);
  if (audio) form.set('audio', audio);
  const response = await reach('api/answer', { method: 'POST', body: form });
  return response.json();
}

/** What can be asked. @param _say Hears of the wait for it, which here is none. */
export const about = async (_say: (line: string) => void): Promise<About> => (await reach('api/about')).json();

/** One of the recordings that `about` names. */
export async function exampleClip(path: string, label: string): Promise<File> {
  const blob = await (await reach(path)).blob();
  return new File([blob], label, { type: blob.type });
}

async function reach(path: string, request?: RequestInit): Promise<Response> {
  const response = await fetch(path, request).catch(() => {
    throw new Error('The server does not answer. Is it still running?');
  });
  if (response.ok) return response;
  const { error } = await response.json().catch((): Refused => ({ error: response.statusText }));
  throw new Error(error.charAt(0).toUpperCase() + error.slice(1));
}
