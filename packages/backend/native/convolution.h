// Convolutions over time. Included after products.h.
namespace fused {

// Without padding, the windows are read where they stand: x [B, T, C], a packed filter [K · C, O] and a bias [O] or null, to y [B, F, O]; window f begins at frame f · stride.
struct Convolution {
  const float *x, *filter, *bias;
  float* y;
  int64_t T, C, K, stride, F, O;
};

// So many windows at a time stay in a core's cache beside a panel of the filter.
constexpr int64_t WINDOWS_AT_ONCE = 96;

// Outputs begin .. end of B · F, of which none is in another sequence than the first.
inline void convolve(const Convolution& of, int64_t begin, int64_t end) {
  const int64_t b = begin / of.F, f = begin % of.F, C = of.C, O = of.O;
  const Strided windows = {of.x + (b * of.T + f * of.stride) * C, of.stride * C, 1};
  multiply({windows, of.filter, of.y + begin * O, O, end - begin, O, of.K * C, false, of.bias});
}

// Channels in groups that do not see each other, with zeros before and after: x [B, T, G · c] and a filter [K, c, G · o] to y [B, F, G · o], of which
// frame f sees the frames of x from f - before.
struct Grouped {
  int64_t B, T, F, K, G, c, o, before;
  int64_t sees() const { return F + K - 1; }  // frames, padding included
};

// A group's channels of a sequence's frames [length, width], as they are from frame -before on, zeros beyond both ends.
inline void gather_group(const float* frames, int64_t length, int64_t width, int64_t first, int64_t channels, int64_t before, int64_t count, float* to) {
  for (int64_t i = 0; i < count; i++, to += channels) {
    const int64_t t = i - before;
    copy_row(t < 0 || t >= length ? nullptr : frames + t * width + first, to, channels);
  }
}

// One group of y, for all sequences.
inline void convolve_group(const Grouped& of, int64_t g, const float* x, const float* filter, const float* bias, float* y, Scratch scratch) {
  const int64_t K = of.K * of.c, width = of.G * of.o;
  scratch.reserve(packed_size(K, of.o) + of.sees() * of.c, 2);
  float *packed = scratch.take(packed_size(K, of.o)), *own = scratch.take(of.sees() * of.c);
  pack({filter + g * of.o, width, 1}, K, of.o, packed);
  for (int64_t b = 0; b < of.B; b++) {
    gather_group(x + b * of.T * of.G * of.c, of.T, of.G * of.c, g * of.c, of.c, of.before, of.sees(), own);
    multiply({{own, of.c, 1}, packed, y + b * of.F * width + g * of.o, width, of.F, of.o, K, false, bias ? bias + g * of.o : nullptr});
  }
}

// The gradient of a group of x: frame t sees the gradients of the frames t + before - K + 1 .. t + before of y, by the filter's taps from last to first.
inline void group_input_gradient(const Grouped& of, int64_t g, const float* filter, const float* dy, float* dx, Scratch scratch) {
  const int64_t K = of.K * of.o, width = of.G * of.c, sees = of.T + of.K - 1;
  scratch.reserve(packed_size(K, of.c) + sees * of.o, 2);
  float *packed = scratch.take(packed_size(K, of.c)), *own = scratch.take(sees * of.o);
  for (int64_t first = 0; first < of.c; first += PANEL)
    for (int64_t k = 0; k < of.K; k++) {
      const float* tap = filter + ((of.K - 1 - k) * of.c + first) * of.G * of.o + g * of.o;
      pack({tap, 1, of.G * of.o}, of.o, least(of.c - first, PANEL), packed + first * K + k * of.o * PANEL);
    }
  for (int64_t b = 0; b < of.B; b++) {
    gather_group(dy + b * of.F * of.G * of.o, of.F, of.G * of.o, g * of.o, of.o, of.K - 1 - of.before, sees, own);
    multiply({{own, of.o, 1}, packed, dx + b * of.T * width + g * of.c, width, of.T, of.c, K, false});
  }
}

// The gradient of a group of the filter.
inline void group_filter_gradient(const Grouped& of, int64_t g, const float* x, const float* dy, float* d_filter, Scratch scratch) {
  const int64_t width = of.G * of.o;
  scratch.reserve(packed_size(of.F, of.o) + of.sees() * of.c, 2);
  float *packed = scratch.take(packed_size(of.F, of.o)), *own = scratch.take(of.sees() * of.c);
  for (int64_t b = 0; b < of.B; b++) {
    gather_group(x + b * of.T * of.G * of.c, of.T, of.G * of.c, g * of.c, of.c, of.before, of.sees(), own);
    pack({dy + b * of.F * width + g * of.o, width, 1}, of.F, of.o, packed);
    multiply({{own, 1, of.c}, packed, d_filter + g * of.o, width, of.K * of.c, of.o, of.F, b > 0});
  }
}

}  // namespace fused
