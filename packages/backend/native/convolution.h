// A convolution over time without padding, whose windows are read where they stand. Included after products.h.
namespace fused {

// x [B, T, C], a packed filter [K · C, O] and a bias [O] or null, to y [B, F, O]; window f begins at frame f · stride.
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
  multiply({windows, of.filter, of.y + begin * O, O, end - begin, O, of.K * C, false});
  if (of.bias) add_to_rows(of.y, of.bias, O, begin, end);
}

}  // namespace fused
