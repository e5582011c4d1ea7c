// A process that trains the paper's model for some steps on the native backend: precision-worker.js <training>. Its last line is what it found, as JSON.
import { useBackend } from '@mmolre/backend';
import { trainSome } from './precision/training';
import { paper } from './whole-model';

const { reason } = await useBackend({ backend: 'native', log: () => {} });
const training = await trainSome(paper, JSON.parse(process.argv[2] ?? ''));
console.log(JSON.stringify({ runsOn: reason.split(';')[0], training }));
