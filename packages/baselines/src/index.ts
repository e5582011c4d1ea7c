export { type Reads, type SimpleModels, type SimpleOptions, type SimpleScores, fitSimpleModels, scoreSimpleModels } from './simple-models';
