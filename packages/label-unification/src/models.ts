/** UniMSE's model, which MMoLRE follows: supervised SimCSE, read by its pooler. */
export const DEFAULT_MODEL = 'hf:princeton-nlp/sup-simcse-bert-base-uncased';

/** What the command calls all-MiniLM-L6-v2, which pip fetches. */
export const MINILM = 'minilm';

/** Makes absolute what names a folder of weights; other names of models stay. */
export const modelPath =
  (userPath: (path: string) => string) =>
  (model: string): string =>
    model === MINILM || model.startsWith('hf:') ? model : userPath(model);
