export type { SimpleOptions } from './blocks';
export { type FitOptions, fitSimpleModels } from './fit';
export { type SimpleScores, scoreSimpleModels } from './score';
export { readSimpleModels, type SimpleModels, writeSimpleModels } from './stored';
