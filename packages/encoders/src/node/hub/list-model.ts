import { listFiles, modelInfo } from '@huggingface/hub';
import { z } from 'zod';
import { askHub, type Hub, HubFailure, Interruption, interruption } from './ask-hub';
import type { ExpectedFile } from './download-file';

/** A model on the hub: `owner/name` and a branch, tag or commit. */
export type HubModel = { name: string; revision: string };

/** Answers that the files of a model may take, each with up to a thousand of them. */
const MAX_ANSWERS = 200;

const ADVICE = 'check HF_ENDPOINT';

const hex = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`));
const size = z.number().int().nonnegative();
const commitSchema = hex(40);
const fileSchema = z.object({
  path: z.string(),
  size,
  oid: hex(40).optional(),
  lfs: z.object({ oid: hex(64), size }).optional(),
});

/**
 * The commit of a model's revision, and its files by path.
 *
 * @throws `HubFailure`: the hub refuses, or does not give a whole answer in time, or something else answers.
 */
export async function listModel(
  hub: Hub,
  { name, revision }: HubModel,
): Promise<{ commit: string; files: Map<string, ExpectedFile> }> {
  const access = { hubUrl: hub.endpoint, fetch: wholeAnswers(hub) };
  try {
    const { sha } = await modelInfo({ name, revision, additionalFields: ['sha'], ...access });
    const commit = commitSchema.parse(sha);
    const files = new Map<string, ExpectedFile>();
    for await (const entry of listFiles({ repo: name, revision: commit, recursive: true, ...access })) {
      if (entry.type !== 'file') continue;
      const { path, size, oid, lfs } = fileSchema.parse(entry);
      files.set(path, { path, size: lfs?.size ?? size, ...(lfs ? { sha256: lfs.oid } : oid ? { gitSha1: oid } : {}) });
    }
    return { commit, files };
  } catch (error) {
    if (error instanceof HubFailure) throw error;
    if (error instanceof Interruption) {
      throw new HubFailure(
        `${hub.place}: ${hub.endpoint} ${error.message}`,
        'check the network and HF_ENDPOINT, or download the model elsewhere and give its folder',
      );
    }
    throw new HubFailure(`${hub.place}: ${hub.endpoint} answered with something that is no list of files`, ADVICE);
  }
}

/** A `fetch` for the hub's client. What it gives is there as a whole: JSON, in time, and of a size that memory holds. */
function wholeAnswers(hub: Hub): typeof fetch {
  const { answerSeconds, answerBytes } = hub.patience;
  const says = (what: string) => new HubFailure(`${hub.place}: ${hub.endpoint} ${what}`, ADVICE);
  let [answers, left] = [0, answerBytes];

  async function textOf(response: Response): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body ?? []) {
      left -= chunk.byteLength;
      if (left < 0) throw says(`answered with more than ${answerBytes} bytes`);
      text += decoder.decode(chunk, { stream: true });
    }
    return text;
  }

  return async (url) => {
    if (++answers > MAX_ANSWERS) throw says('lists files without end');
    const late = new Interruption(`gave no whole answer within ${answerSeconds} s`);
    const response = await askHub(hub, String(url), { accept: 'application/json' }, () => {
      const deadline = new AbortController();
      setTimeout(() => deadline.abort(late), answerSeconds * 1000).unref();
      return deadline.signal;
    });
    const text = await textOf(response).catch((error) => {
      throw error instanceof HubFailure ? error : interruption(error);
    });
    return new Response(text, { headers: { link: response.headers.get('link') ?? '' } });
  };
}
