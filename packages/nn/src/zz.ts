import { useBackend } from '@mmolre/backend';
import * as tf from '@tensorflow/tfjs';
import { fused } from './kernels/fused';
await useBackend({ backend: 'native', log: () => {} });
const [B, T, H, d] = [8, Number(process.argv[2] ?? 299), 12, 64];
const set = () => ({ q: tf.randomNormal([B * T, H * d]), k: tf.randomNormal([B * T, H * d]), v: tf.randomNormal([B * T, H * d]), dy: tf.randomNormal([B * T, H * d]), kept: fused.drawKept([B, H, T, T], 0.1, 3) });
const sets = Array.from({ length: 8 }, set);
const mask = tf.ones<tf.Rank.R2>([B, T]);
const fw: number[] = [], bw: number[] = [];
for (let i = 0; i < 40; i++) {
  const s = sets[i % 8]!;
  const of = { own: { B, T }, other: { B, T }, heads: H, mask, kept: s.kept, rate: 0.1, temperature: 0.125 };
  tf.tidy(() => {
    let t = performance.now();
    const { saved } = fused.attend({ queries: s.q, keys: s.k, values: s.v }, of);
    fw.push(performance.now() - t);
    t = performance.now();
    fused.attendGradients(saved, s.dy, of);
    bw.push(performance.now() - t);
  });
}
const med = (x: number[]) => x.toSorted((a, b) => a - b)[x.length >> 1]!;
const g = (2 * B * H * T * T * d) / 1e6;
console.log(`T ${T} forward ${med(fw).toFixed(2)} ms ${((2 * g) / med(fw)).toFixed(0)} GF/s, backward ${med(bw).toFixed(2)} ms ${((4 * g) / med(bw)).toFixed(0)} (5 products: ${((5 * g) / med(bw)).toFixed(0)})`);
