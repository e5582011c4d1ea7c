import { httpPlace } from '@mmolre/encoders';
import { loadModel, modelConfigSchema, type Prediction, predict } from '@mmolre/model';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { examples } from './model-examples';

// What `model.test.ts` runs inside a browser: the model of the run at `/run/`.

async function scoresOn(backend: string): Promise<Prediction[]> {
  await tf.setBackend(backend);
  await tf.ready();
  const run = httpPlace(`${location.origin}/run`);
  const { model: fields } = await (await fetch('/run/config.json')).json();
  const model = await loadModel(modelConfigSchema.parse(fields), run);
  return predict(model, examples()).predictions;
}

setWasmPaths('/wasm/');
Object.assign(globalThis, { scoresOn });
