// A linear layer on plain memory, whose weights are packed as they are needed, or were before. Included after products.h.
namespace fused {

// What is worked on at once: panels of weights and as many rows of them as a core's cache holds; rows of x, all of which a cache holds that cores share.
constexpr int64_t PANELS_AT_ONCE = 64 / PANEL, TERMS_AT_ONCE = 768, ROWS_AT_ONCE = 768;

// y [M, N] = x [M, K] · weight [K, N] + bias [N], or without one.
struct Linear {
  const float* x;
  Strided weight;
  const float* packed;  // the same, or null
  const float* bias;
  float* y;
  int64_t M, N, K;
};

// Some rows and columns of y; the first column is a panel's first one.
inline void linear(const Linear& of, int64_t m, int64_t rows, int64_t n, int64_t columns, Scratch scratch) {
  scratch.reserve(packed_size(TERMS_AT_ONCE, columns), 1);
  float* memory = scratch.take(packed_size(TERMS_AT_ONCE, columns));
  for (int64_t k = 0; k < of.K || k == 0; k += TERMS_AT_ONCE) {
    const int64_t terms = least(of.K - k, TERMS_AT_ONCE);
    if (!of.packed) pack({of.weight.from + k * of.weight.row + n * of.weight.column, of.weight.row, of.weight.column}, terms, columns, memory);
    const float* panels = of.packed ? of.packed + n * of.K + k * PANEL : memory;
    multiply({{of.x + m * of.K + k, of.K, 1}, panels, of.y + m * of.N + n, of.N, rows, columns, terms, k > 0,
              k == 0 && of.bias ? of.bias + n : nullptr, PANEL * (of.packed ? of.K : terms)});
  }
}

}  // namespace fused
