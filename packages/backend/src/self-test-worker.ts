// The program of `selfTest`: loads what lies in the folder that its argument names.
import * as tf from '@tensorflow/tfjs';
import { loadRedirect, startAddon } from './addon';

const folder = process.argv[2]!;
if (loadRedirect(folder).dup(2) < 3) throw new Error('the stderr helper does not work');
const version = startAddon(folder);
const product = tf.matMul(tf.tensor([1, 2, 3, 4], [2, 2]), tf.tensor([5, 6, 7, 8], [2, 2]));
const found = [...product.dataSync()].join();
if (found !== '19,22,43,50') throw new Error(`a matmul gave ${found}`);
process.stdout.write(`TensorFlow ${version}\n`);
