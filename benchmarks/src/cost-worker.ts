// A process that measures a block of one size on the native backend: cost-worker.js <size>. Its last line is what it found, as JSON.
import { useBackend } from '@mmolre/backend';
import type { Size } from './cost/axes';
import { measureBlock } from './cost/measure';
import { paperBlock } from './moe-block';

const { batch, frames, numExperts, topK }: Size = JSON.parse(process.argv[2] ?? '');
const { reason } = await useBackend({ backend: 'native', log: () => {} });
const passes = measureBlock(paperBlock(numExperts, topK), { batch, frames, oneInput: false });
console.log(JSON.stringify({ runsOn: reason.split(';')[0], passes }));
