// What tests of this and other packages break files with, and hold readers to. Nothing here is for use outside of tests.
export { drawFrom, type Mutator, pick } from './testing/draw';
export { expectThat, FUZZ_TIMEOUT, type FuzzTarget, fuzz } from './testing/fuzz';
export { mutateBytes } from './testing/mutate-bytes';
export { mutateJson, mutateJsonLines } from './testing/mutate-json';
export { mutateText, mutateYaml } from './testing/mutate-lines';
export { mutatePickle } from './testing/mutate-pickle';
export { mutatePieces, mutateRiff, placesOf } from './testing/mutate-pieces';
export { mutateSafetensors } from './testing/mutate-safetensors';
export { mutateTable } from './testing/mutate-table';
export { placeSpecialFile, SPECIAL_FILES } from './testing/special-files';
