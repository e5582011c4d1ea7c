/** Where the subword vectors and the tokenizer of the compact text encoder are: a folder that comes with the package. */
export const SUBWORDS = new URL('../assets/minilm-96', import.meta.url).href;
