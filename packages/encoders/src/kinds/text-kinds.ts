// Every kind of text encoder that a configuration can name, a line each.
export { bert } from './bert';
export { compactText } from './compact-text';
export { minilm } from './minilm';
export { roberta } from './roberta';
