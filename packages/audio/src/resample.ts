// A windowed sinc in polyphase form: for every output sample the kernel is centred at its time on the input's clock. With the rates' ratio
// in lowest terms up / down there are `up` different positions between two input samples, so `up` kernels are made once. Rates that have
// almost no common divisor would need thousands of kernels: there, the value between two of MAX_PHASES is taken.

/** Zero crossings of the sinc on either side. */
const ZERO_CROSSINGS = 32;
/** The cutoff as a share of the smaller Nyquist frequency: flat to 7 kHz and 70 dB down at 8.1 kHz for 16 kHz. */
const CUTOFF = 0.945;
/** Between the kernels of 1,024 phases a straight line is true to 100 dB. */
const MAX_PHASES = 1_024;
/** Kaiser window for 70 dB. */
const BETA = 0.1102 * (70 - 8.7);

type Kernels = {
  up: number;
  down: number;
  /** Kernels between two input samples; one more is the first one, an input sample later. */
  phases: number;
  /** Taps of one kernel. */
  width: number;
  /** Input samples before the centre. */
  before: number;
  /** [(phases + 1) * width] */
  taps: Float32Array;
};

let lastKernels: Kernels | undefined;

/**
 * Converts samples from one rate to another. Zeros are assumed outside the input.
 *
 * @param x Samples at `from` Hz.
 * @returns ceil(n * to / from) samples at `to` Hz; `x` itself if the rates are equal.
 * @throws RangeError if a rate is no positive integer.
 */
export function resample(x: Float32Array, from: number, to: number): Float32Array {
  checkRates(from, to);
  if (from === to) return x;
  const { up, down, phases, width, before, taps } = kernelsFor(from, to);
  const y = new Float32Array(Math.ceil((x.length * up) / down));
  for (let m = 0; m < y.length; m++) {
    const position = m * down;
    const between = position % up;
    const start = (position - between) / up - before;
    const first = Math.max(0, -start);
    const count = Math.min(width, x.length - start) - first;
    const at = (between * phases) / up;
    const phase = Math.floor(at);
    const value = dot(taps, phase * width + first, x, start + first, count);
    const next = at === phase ? value : dot(taps, (phase + 1) * width + first, x, start + first, count);
    y[m] = value + (at - phase) * (next - value);
  }
  return y;
}

/** How many of the first samples at `from` Hz decide the first `count` ones at `to` Hz. */
export function inputLength(count: number, from: number, to: number): number {
  checkRates(from, to);
  if (from === to) return count;
  const { before } = reach(from, to);
  return count === 0 ? 0 : Math.floor(((count - 1) * from) / to) + before + 2;
}

function checkRates(...rates: number[]): void {
  for (const rate of rates) {
    if (!Number.isInteger(rate) || rate < 1)
      throw new RangeError(`sample rate: expected a positive integer, found ${rate}`);
  }
}

/** Sum of a[i + k] * b[j + k]; four sums at once, as one would wait for each of its own additions. */
function dot(a: Float32Array, i: number, b: Float32Array, j: number, count: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = count - (count % 4);
  for (let k = 0; k < whole; k += 4) {
    s0 += a[i + k]! * b[j + k]!;
    s1 += a[i + k + 1]! * b[j + k + 1]!;
    s2 += a[i + k + 2]! * b[j + k + 2]!;
    s3 += a[i + k + 3]! * b[j + k + 3]!;
  }
  for (let k = whole; k < count; k++) s0 += a[i + k]! * b[j + k]!;
  return s0 + s1 + s2 + s3;
}

function kernelsFor(from: number, to: number): Kernels {
  const divisor = greatestCommonDivisor(from, to);
  const up = to / divisor;
  const down = from / divisor;
  if (lastKernels?.up !== up || lastKernels.down !== down) lastKernels = makeKernels(up, down);
  return lastKernels;
}

/** In input samples: `bandwidth` is the cutoff as a share of the input's own Nyquist frequency, `half` the kernel's reach. */
function reach(from: number, to: number) {
  const bandwidth = CUTOFF * Math.min(1, to / from);
  const half = ZERO_CROSSINGS / bandwidth;
  return { bandwidth, half, before: Math.floor(half) };
}

function makeKernels(up: number, down: number): Kernels {
  const { bandwidth, half, before } = reach(down, up);
  const width = 2 * before + 2;
  const phases = Math.min(up, MAX_PHASES);
  const taps = new Float32Array((phases + 1) * width);
  for (let phase = 0; phase <= phases; phase++) {
    for (let i = 0; i < width; i++) {
      const t = i - before - phase / phases;
      taps[phase * width + i] = bandwidth * sinc(bandwidth * t) * kaiser(t / half);
    }
  }
  return { up, down, phases, width, before, taps };
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const kaiser = (x: number) => (Math.abs(x) >= 1 ? 0 : besselI0(BETA * Math.sqrt(1 - x * x)) / besselI0(BETA));

/** The modified Bessel function of order 0, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  for (let term = 1, k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));
