// @mmolre/label-unification/lancedb: an index on disk, by a library that a user installs besides.

export { createLanceIndex, type LanceIndex, type LanceIndexOptions } from './search/lance-index';
