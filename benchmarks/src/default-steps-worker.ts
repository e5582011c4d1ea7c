// A process that does steps of the default run: default-steps-worker.js native|wasm. Its last line is what they took, as JSON.
import { type BackendName, useBackend } from '@mmolre/backend';
import { defaultSteps } from './wasm/default-steps';

const { reason } = await useBackend({ backend: process.argv[2] as BackendName, log: () => {} });
console.log(JSON.stringify({ runsOn: reason.split(';')[0], steps: await defaultSteps() }));
