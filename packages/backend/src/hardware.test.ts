import { expect, test } from 'vitest';
import { whyNoBf16 } from './hardware';

const cpu = { name: 'native', device: 'CPU' };
const flags = (...features: string[]) =>
  `processor\t: 0\nflags\t\t: fpu avx512f ${features.join(' ')}\n\nprocessor\t: 1\n`;

test.each([['avx512_bf16'], ['amx_bf16'], ['avx512_bf16', 'amx_bf16', 'avx512_vp2intersect']])(
  'bfloat16 is to be had with %s',
  (...features) => {
    expect(whyNoBf16(cpu, flags(...features))).toBeUndefined();
  },
);

test.each([
  [cpu, flags('avx512_vnni', 'amx_int8'), ' has neither avx512_bf16 nor amx_bf16, without which bfloat16 is slower'],
  [cpu, flags('no_avx512_bf16_at_all'), ' has neither avx512_bf16 nor amx_bf16, '],
  [
    cpu,
    'processor\t: 0\nFeatures\t: fp asimd bf16\n',
    'nothing tells what this processor can do: no flags in /proc/cpuinfo',
  ],
  [cpu, '', 'nothing tells what this processor can do'],
  [{ name: 'wasm', device: 'CPU' }, flags('amx_bf16'), 'the backend is wasm, and native alone computes in bfloat16'],
  [{ name: 'native', device: 'GPU' }, flags('amx_bf16'), 'on a GPU it was never tried'],
])('bfloat16 is not to be had of %j with %j, and why is told', (computes, cpuInfo, reason) => {
  expect(whyNoBf16(computes, cpuInfo)).toContain(reason);
});
