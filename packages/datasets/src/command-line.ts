// What a command line says of data sets, which takes a moment to load; the rest does not.

export { SPLITS, type Split } from './sample';
export { CORPORA } from './validate/published';
