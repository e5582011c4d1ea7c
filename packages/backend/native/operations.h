// Our operations: what is asked of their inputs, and which of them is computed by what. Included once for each set of instructions, as fused_rows.h is.
#include "fused_rows.h"
#include "products.h"
#include "linear.h"
#include "attention.h"
#include "convolution.h"
#include "experts.h"

void draw_kept(Call& call, const Attributes& attributes) {
  if (!call.require(call.size(1) == 2, "seed: expected two numbers")) return;
  std::vector<int64_t> shape(call.integers(0), call.integers(0) + call.size(0));
  int64_t size = 1;
  for (int64_t length : shape) {
    if (!call.require(length >= 0 && (length == 0 || size <= INT32_MAX * int64_t{8} / length), "shape: expected sizes from 0")) return;
    size *= length;
  }
  const auto* seed = reinterpret_cast<const uint32_t*>(call.integers(1));
  auto* kept = static_cast<uint8_t*>(call.output_of(TF_BOOL, 0, shape));
  if (!kept) return;
  const uint32_t one = seed[0], other = seed[1], threshold = static_cast<uint32_t>(std::lround(attributes.rate * 65536));
  const int64_t groups = (size + fused::DRAWN_AT_ONCE - 1) / fused::DRAWN_AT_ONCE;
  over_rows(groups, fused::DRAWN_AT_ONCE, [=](int64_t, int64_t begin, int64_t end) {
    fused::draw_kept(one, other, threshold, kept, begin, end, size);
  });
}

void drop(Call& call, const Attributes& attributes) {
  if (!call.require(call.size(1) == call.size(0), "kept: expected as many entries as x")) return;
  const float* x = call.numbers(0);
  const uint8_t* kept = call.kept(1);
  float* y = call.output(0, call.shape(0));
  const float scale = attributes.scale;
  if (!y) return;
  over_rows(call.size(0), 1, [=](int64_t, int64_t begin, int64_t end) {
    fused::drop(x + begin, kept + begin, scale, y + begin, end - begin);
  });
}

void take_rows(Call& call, const Attributes&) {
  const int64_t count = call.size(1), D = call.last(0), rows = D == 0 ? 0 : call.size(0) / D;
  const float* from = call.numbers(0);
  const int32_t* index = call.integers(1);
  float* to = call.output(0, {count, D});
  if (!to) return;
  over_rows(count, D, [=](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const int64_t row = fused::row_at(index, i, rows);
      fused::copy_row(row < 0 ? nullptr : from + row * D, to + i * D, D);
    }
  });
}

template <bool KEEPS_UNIT>
void add_norm(Call& call, const Attributes& attributes) {
  const int64_t D = call.last(0), size = call.size(0), rows = D == 0 ? 0 : size / D;
  const bool fits = call.require(call.size(1) == 0 || call.size(1) == size, "change: expected nothing, or the shape of x") &&
                    call.require(call.size(2) == 0 || (call.size(1) == size && call.size(2) == size), "kept: expected nothing, or the shape of change") &&
                    call.require(call.size(3) == D && call.size(4) == D, "weight and bias: expected the width of x");
  if (!fits) return;
  float *y = call.output(0, call.shape(0)), *unit = nullptr, *deviation = nullptr;
  if (KEEPS_UNIT) {
    unit = call.output(1, call.shape(0));
    deviation = call.output(2, {rows});
  }
  if (!y || (KEEPS_UNIT && (!unit || !deviation))) return;
  const float* change = call.size(1) == 0 ? nullptr : call.numbers(1);
  const fused::Norm norm = {call.numbers(0), change, call.kept(2), attributes.scale, call.numbers(3), call.numbers(4),
                            attributes.epsilon, y, unit, deviation, D};
  over_rows(rows, D, [&](int64_t, int64_t begin, int64_t end) { fused::add_norm(norm, begin, end); });
}

void add_norm_gradient(Call& call, const Attributes& attributes) {
  const int64_t D = call.last(0), size = call.size(0), rows = D == 0 ? 0 : size / D;
  const bool fits = call.require(call.size(1) == size && call.size(2) == rows, "unit and deviation: expected those of dy's shape") &&
                    call.require(call.size(3) == D, "weight: expected the width of dy") &&
                    call.require(call.size(4) == 0 || call.size(4) == size, "kept: expected nothing, or the shape of dy");
  if (!fits) return;
  const uint8_t* kept = call.kept(4);
  float* d_sum = call.output(0, call.shape(0));
  float* d_change = call.output(1, kept ? call.shape(0) : std::vector<int64_t>{0});
  float *d_weight = call.output(2, {D}), *d_bias = call.output(3, {D});
  if (!d_weight || !d_bias) return;
  for (int64_t i = 0; i < D; i++) d_weight[i] = d_bias[i] = 0;
  if (!d_sum || (kept && !d_change)) return;
  const fused::NormGradient norm = {call.numbers(0), call.numbers(1), call.numbers(2), call.numbers(3), kept,
                                    attributes.scale, d_sum, d_change, D};
  // Each part adds its rows for itself; the parts are added in their order.
  std::vector<float> sums(parts_of(rows, D) * 2 * D);
  over_rows(rows, D, [&](int64_t part, int64_t begin, int64_t end) {
    float* own = sums.data() + part * 2 * D;
    fused::add_norm_gradient(norm, begin, end, own, own + D);
  });
  for (size_t at = 0; at < sums.size(); at += 2 * D)
    for (int64_t i = 0; i < D; i++) {
      d_weight[i] += sums[at + i];
      d_bias[i] += sums[at + D + i];
    }
}

// Inputs 0 to 7: queries, keys and values, the mask, kept, the rows of own and of other positions, and B, Q, K and H. Null where they do not fit.
bool read_attention(Call& call, const Attributes& attributes, fused::Attention& of, int64_t& B) {
  if (!call.require(call.size(7) == 4, "shape: expected B, Q, K and H")) return false;
  const int32_t* shape = call.integers(7);
  B = shape[0];
  const int64_t Q = shape[1], K = shape[2], H = shape[3], D = call.last(0);
  if (!call.require(B >= 0 && Q >= 0 && K >= 0 && H > 0 && D % H == 0, "heads: expected a number that divides the width")) return false;
  if (!call.require(B == 0 || (Q <= INT32_MAX / B && K <= INT32_MAX / B), "shape: expected fewer positions")) return false;
  const int64_t own = D == 0 ? 0 : call.size(0) / D, other = D == 0 ? 0 : call.size(1) / D;
  const auto fits = [&](int index, int64_t rows, int64_t positions) {
    if (call.size(index) == 0) return rows == positions;
    int64_t found = 0;
    for (int64_t i = 0; i < call.size(index); i++) found += fused::row_at(call.integers(index), i, rows) >= 0;
    return call.size(index) == positions && found == rows;
  };
  if (!call.require(call.last(1) == D && call.last(2) == D && call.size(1) == call.size(2), "keys and values: expected rows of the width of queries") ||
      !call.require(call.size(3) == B * K, "mask: expected [B, K]") ||
      !call.require(call.size(4) == 0 || (B > 0 && call.size(4) % (B * H) == 0 && call.size(4) / (B * H) == Q * K), "kept: expected nothing, or [B, H, Q, K]") ||
      !call.require(fits(5, own, B * Q) && fits(6, other, B * K), "rows: expected each at one position"))
    return false;
  const auto rows = [&](int i) { return call.size(i) == 0 ? nullptr : call.integers(i); };
  of = {call.numbers(0), call.numbers(1), call.numbers(2), call.numbers(3), call.kept(4), {rows(5), Q, own}, {rows(6), K, other},
        H, D / H, attributes.scale, attributes.temperature};
  return true;
}

// Calls work(part, scratch) for all parts, with memory of the thread's own.
template <typename Work>
void over_parts(int64_t parts, Work work) {
  threads().run(parts, [&](int64_t part) {
    static thread_local std::vector<float> memory;
    work(part, fused::Scratch(memory));
  });
}

// Calls work(column, columns, begin, end, scratch) for some panels of columns and rows begin .. end at a time.
template <typename Work>
void over_columns(int64_t columns, int64_t rows, Work work) {
  const int64_t at_once = fused::PANEL * fused::PANELS_AT_ONCE;
  const int64_t groups = fused::parts_by(columns, at_once), blocks = fused::parts_by(rows, fused::ROWS_AT_ONCE);
  over_parts(groups * blocks, [&](int64_t part, fused::Scratch scratch) {
    const int64_t n = part % groups * at_once, block = part / groups;
    work(n, fused::least(columns - n, at_once), rows * block / blocks, rows * (block + 1) / blocks, scratch);
  });
}

// Packs [K, N].
inline void pack_all(const float* from, int64_t K, int64_t N, float* to) {
  over_columns(N, 1, [&](int64_t n, int64_t columns, int64_t, int64_t, fused::Scratch) { fused::pack({from + n, N, 1}, K, columns, to + n * K); });
}

// Calls work(head, scratch) for all heads of all sequences.
template <typename Work>
void over_heads(const fused::Attention& of, int64_t B, Work work) {
  over_parts(B * of.H, [&](int64_t part, fused::Scratch scratch) { work(fused::Head(of, part), scratch); });
}

void attention(Call& call, const Attributes& attributes) {
  fused::Attention of;
  int64_t B;
  if (!read_attention(call, attributes, of, B)) return;
  float* output = call.output(0, call.shape(0));
  if (!output) return;
  over_heads(of, B, [&](const fused::Head& head, fused::Scratch scratch) { head.forward(output, scratch); });
}

void attention_gradient(Call& call, const Attributes& attributes) {
  fused::Attention of;
  int64_t B;
  if (!read_attention(call, attributes, of, B)) return;
  if (!call.require(call.size(8) == call.size(0), "the gradient: expected the shape of the queries")) return;
  float *d_queries = call.output(0, call.shape(0)), *d_keys = call.output(1, call.shape(1)), *d_values = call.output(2, call.shape(2));
  if (!d_queries || !d_keys || !d_values) return;
  const fused::AttentionGradient to = {call.numbers(8), d_queries, d_keys, d_values};
  over_heads(of, B, [&](const fused::Head& head, fused::Scratch scratch) { head.backward(to, scratch); });
}

// Inputs: x [M, K]; weight [K, N], or [N, K], or packed [N / PANEL, K, PANEL]; and a bias [N].
template <bool IS_TRANSPOSED, bool HAS_BIAS>
void product(Call& call, const Attributes&) {
  const auto x = call.shape(0), weight = call.shape(1);
  const bool is_packed = HAS_BIAS && weight.size() == 3;
  if (!call.require(x.size() == 2 && (weight.size() == 2 || (is_packed && weight[2] == fused::PANEL)), "expected x [M, K] and weight [K, N], or a packed one"))
    return;
  const int64_t M = x[0], K = x[1], N = is_packed ? call.size(2) : weight[!IS_TRANSPOSED];
  const bool fits = call.require(weight[IS_TRANSPOSED || is_packed] == K, "weight: expected as many terms as x has columns") &&
                    call.require(!is_packed || fused::panels_of(N) == weight[0], "weight: expected panels of as many columns as bias has") &&
                    call.require(!HAS_BIAS || call.size(2) == N, "bias: expected one of each column");
  float* y = fits ? call.output(0, {M, N}) : nullptr;
  if (!y) return;
  const float *numbers = call.numbers(1), *bias = HAS_BIAS ? call.numbers(2) : nullptr;
  const fused::Strided columns = {numbers, IS_TRANSPOSED ? 1 : N, IS_TRANSPOSED ? K : 1};
  const fused::Linear of = {call.numbers(0), columns, is_packed ? numbers : nullptr, bias, y, M, N, K};
  over_columns(N, M, [&](int64_t n, int64_t some, int64_t begin, int64_t end, fused::Scratch scratch) {
    fused::linear(of, begin, end - begin, n, some, scratch);
  });
}

// Input: weight [K, N].
void pack(Call& call, const Attributes&) {
  const auto weight = call.shape(0);
  if (!call.require(weight.size() == 2, "weight: expected [K, N]")) return;
  const int64_t K = weight[0], N = weight[1];
  const float* from = call.numbers(0);
  float* to = call.output(0, {fused::panels_of(N), K, fused::PANEL});
  if (!to) return;
  pack_all(from, K, N, to);
}

void convolution(Call& call, const Attributes&) {
  const auto x = call.shape(0), filter = call.shape(1);
  if (!call.require(call.size(3) == 1, "stride: expected one number")) return;
  const int64_t stride = call.integers(3)[0];
  const bool fits = call.require(x.size() == 3 && filter.size() == 3 && x[2] == filter[1], "filter: expected [K, C, O] for x [B, T, C]") &&
                    call.require(stride > 0 && filter[0] > 0 && filter[0] <= x[1], "filter: expected one that fits at least once") &&
                    call.require(call.size(2) == 0 || call.size(2) == filter[2], "bias: expected nothing, or one of each channel");
  if (!fits) return;
  const int64_t B = x[0], T = x[1], C = x[2], K = filter[0], O = filter[2], F = (T - K) / stride + 1;
  float* y = call.output(0, {B, F, O});
  if (!y) return;
  static thread_local std::vector<float> packed;
  packed.resize(fused::packed_size(K * C, O));
  pack_all(call.numbers(1), K * C, O, packed.data());
  const fused::Convolution of = {call.numbers(0), packed.data(), call.size(2) == 0 ? nullptr : call.numbers(2), y, T, C, K, stride, F, O};
  const int64_t blocks = (F + fused::WINDOWS_AT_ONCE - 1) / fused::WINDOWS_AT_ONCE;
  threads().run(B * blocks, [&](int64_t part) {
    const int64_t b = part / blocks, first = part % blocks * fused::WINDOWS_AT_ONCE, last = first + fused::WINDOWS_AT_ONCE;
    fused::convolve(of, b * F + first, b * F + (last < F ? last : F));
  });
}

// Inputs: x [B, T, G · c], a filter [K, c, G · o], and in `sizes` the frames before and after, and G.
bool read_grouped(Call& call, int sizes, fused::Grouped& of) {
  const auto x = call.shape(0), filter = call.shape(1);
  if (!call.require(call.size(sizes) == 3, "sizes: expected the frames before and after, and the groups")) return false;
  const int64_t before = call.integers(sizes)[0], after = call.integers(sizes)[1], G = call.integers(sizes)[2];
  if (!call.require(x.size() == 3 && filter.size() == 3 && G > 0 && x[2] == G * filter[1] && filter[2] % G == 0, "filter: expected [K, c, G o] for x [B, T, G c]"))
    return false;
  const int64_t K = filter[0];
  if (!call.require(before >= 0 && after >= 0 && before < K && after < K && x[1] + before + after >= K, "frames before and after: expected fewer than the filter sees"))
    return false;
  of = {x[0], x[1], x[1] + before + after - K + 1, K, G, filter[1], filter[2] / G, before};
  return true;
}

// Inputs: x, filter, bias or nothing, sizes.
void grouped_convolution(Call& call, const Attributes&) {
  fused::Grouped of;
  if (!read_grouped(call, 3, of)) return;
  if (!call.require(call.size(2) == 0 || call.size(2) == of.G * of.o, "bias: expected nothing, or one of each channel")) return;
  float* y = call.output(0, {of.B, of.F, of.G * of.o});
  if (!y) return;
  const float *x = call.numbers(0), *filter = call.numbers(1), *bias = call.size(2) == 0 ? nullptr : call.numbers(2);
  over_parts(of.G, [&](int64_t g, fused::Scratch scratch) { fused::convolve_group(of, g, x, filter, bias, y, scratch); });
}

// Inputs: x, filter, dy, sizes.
void grouped_convolution_gradient(Call& call, const Attributes&) {
  fused::Grouped of;
  if (!read_grouped(call, 3, of)) return;
  if (!call.require(call.size(2) == of.B * of.F * of.G * of.o, "dy: expected the shape of the convolution")) return;
  float *dx = call.output(0, call.shape(0)), *d_filter = call.output(1, call.shape(1));
  if (!call.is_right()) return;
  const float *x = call.numbers(0), *filter = call.numbers(1), *dy = call.numbers(2);
  if (d_filter) std::memset(d_filter, 0, call.size(1) * sizeof(float));
  over_parts(2 * of.G, [&](int64_t part, fused::Scratch scratch) {
    if (part >= of.G && d_filter) fused::group_filter_gradient(of, part - of.G, x, dy, d_filter, scratch);
    if (part < of.G && dx) fused::group_input_gradient(of, part, filter, dy, dx, scratch);
  });
}

void square_sum(Call& call, const Attributes&) {
  const float* x = call.numbers(0);
  float* total = call.output(0, {});
  if (!total) return;
  std::vector<double> sums(parts_of(call.size(0), 1));
  over_rows(call.size(0), 1, [&](int64_t part, int64_t begin, int64_t end) { sums[part] = fused::square_sum(x, begin, end); });
  *total = static_cast<float>(std::accumulate(sums.begin(), sums.end(), 0.0));
}

void adam_w(Call& call, const Attributes&) {
  const int64_t size = call.size(0);
  fused::AdamStep step;
  const bool fits = call.require(call.size(1) == size && call.size(2) == size && call.size(3) == size, "gradient and means: expected the shape of the value") &&
                    call.require(call.size(4) * sizeof(float) == sizeof step, "step: expected nine numbers");
  float* updated = fits ? call.output(0, call.shape(0)) : nullptr;
  if (!updated) return;
  std::memcpy(&step, call.numbers(4), sizeof step);
  const fused::AdamW of = {call.numbers(0), call.numbers(1), call.changed(2), call.changed(3), updated};
  over_rows(size, 1, [&](int64_t, int64_t begin, int64_t end) { fused::adam_w(of, step, begin, end); });
}

// What is kept of an activation's x, and where its result goes; y is null where there is nothing to do.
fused::Activation activation(Call& call, const Attributes& attributes) {
  const bool fits = call.require(call.size(1) == 0 || call.size(1) == call.size(0), "kept: expected nothing, or the shape of x");
  return {call.numbers(0), call.kept(1), attributes.scale, fits ? call.output(0, call.shape(0)) : nullptr};
}

template <void (*Activate)(const fused::Activation&, int64_t, int64_t)>
void activate(Call& call, const Attributes& attributes) {
  const fused::Activation of = activation(call, attributes);
  if (of.y) over_rows(call.size(0), 1, [&](int64_t, int64_t begin, int64_t end) { Activate(of, begin, end); });
}

template <void (*Gradient)(const fused::Activation&, const float*, int64_t, int64_t)>
void activation_gradient(Call& call, const Attributes& attributes) {
  if (!call.require(call.size(2) == call.size(0), "the gradient: expected the shape of x")) return;
  const fused::Activation of = activation(call, attributes);
  const float* dy = call.numbers(2);
  if (of.y) over_rows(call.size(0), 1, [&](int64_t, int64_t begin, int64_t end) { Gradient(of, dy, begin, end); });
}

void add_bias(Call& call, const Attributes&) {
  const int64_t D = call.last(0);
  if (!call.require(call.size(1) == D, "bias: expected the width of the rows") || D == 0) return;
  float* rows = call.changed(0);
  const float* bias = call.numbers(1);
  over_rows(call.size(0) / D, D, [=](int64_t, int64_t begin, int64_t end) { fused::add_to_rows(rows, bias, D, begin, end); });
}

// Experts of which a sample holds some, for frames [B, T, D].
class ExpertsOf {
 public:
  // `ranks` and the two after it are inputs: ranks [N], held [B, N], mask [B, T].
  ExpertsOf(Call& call, int ranks, int64_t D, int64_t columns) : D_(D) {
    const std::vector<int64_t> mask = call.shape(ranks + 2);
    if (!call.require(mask.size() == 2, "mask: expected [B, T]")) return;
    const int64_t B = mask[0], T = mask[1], N = call.size(ranks);
    int64_t sum = 0;
    for (int64_t n = 0; n < N; n++) {
      if (!call.require(call.integers(ranks)[n] >= 0, "ranks: expected numbers from 0")) return;
      sum += call.integers(ranks)[n];
    }
    if (!call.require(sum == columns, "ranks: expected as many columns of weights as they are in sum")) return;
    if (!call.require(call.size(ranks + 1) == B * N, "held: expected [B, N]")) return;
    experts_.emplace_back(call.integers(ranks), call.integers(ranks + 1), call.numbers(ranks + 2), B, T, N);
  }
  bool fit() const { return !experts_.empty(); }
  const fused::Experts& operator*() const { return experts_[0]; }
  const fused::Experts* operator->() const { return &experts_[0]; }
  int64_t D() const { return D_; }
  int64_t frames() const { return experts_[0].B * experts_[0].T * D_; }
  // Calls work(panel, first sample, one beyond the last, scratch) for panels of so many columns.
  template <typename Work>
  void over_panels(int64_t columns, Work work) const {
    const int64_t B = experts_[0].B, groups = fused::parts_by(B, fused::SAMPLES_AT_ONCE);
    over_parts(fused::parts_by(columns, fused::PANEL) * groups, [&](int64_t part, fused::Scratch scratch) {
      const int64_t begin = part % groups * fused::SAMPLES_AT_ONCE;
      work(part / groups, begin, fused::least(B, begin + fused::SAMPLES_AT_ONCE), scratch);
    });
  }
  // Calls work(first channel, first column, scratch) for blocks of weights.
  template <typename Work>
  void over_blocks(Work work) const {
    const int64_t blocks = fused::parts_by(D_, fused::CHANNELS_AT_ONCE);
    over_parts(blocks * fused::parts_by(experts_[0].columns(), fused::COLUMNS_AT_ONCE), [&](int64_t part, fused::Scratch scratch) {
      work(part % blocks * fused::CHANNELS_AT_ONCE, part / blocks * fused::COLUMNS_AT_ONCE, scratch);
    });
  }

 private:
  std::vector<fused::Experts> experts_;  // one, or none where they do not fit
  const int64_t D_;
};

// How many taps weights [taps, D, S] have; 0 where they do not fit.
int64_t taps_of(Call& call, int x, int down) {
  const std::vector<int64_t> shape = call.shape(down);
  const bool fits = call.require(shape.size() == 3 && shape[0] % 2 == 1, "down: expected [taps, D, S] with an odd number of taps") &&
                    call.require(call.shape(x).size() == 3 && call.last(x) == shape[1], "x: expected [B, T, D]");
  return fits ? shape[0] : 0;
}

// Inputs: x, down, bias, ranks, held, mask.
void expert_units(Call& call, const Attributes&) {
  const int64_t taps = taps_of(call, 0, 1), S = call.last(1);
  if (taps == 0) return;
  const ExpertsOf of(call, 3, call.last(0), S);
  if (!of.fit() || !call.require(call.size(0) == of.frames(), "x: expected [B, T, D]") || !call.require(call.size(2) == S, "bias: expected [S]")) return;
  float* units = call.output(0, {of->size});
  if (!units) return;
  const float *x = call.numbers(0), *down = call.numbers(1), *bias = call.numbers(2);
  of.over_panels(S, [&](int64_t panel, int64_t begin, int64_t end, fused::Scratch scratch) {
    fused::make_units(*of, {nullptr, nullptr}, {of.D(), taps}, x, {down, S, 1}, panel, begin, end, scratch,
                      [&](int64_t b, const float* sums) { fused::write_units(*of, b, panel, sums, bias, units); });
  });
}

// Inputs: x, down, ranks, held, mask, d_units.
void expert_units_gradient(Call& call, const Attributes&) {
  const int64_t taps = taps_of(call, 0, 1), S = call.last(1);
  if (taps == 0) return;
  const ExpertsOf of(call, 2, call.last(0), S);
  if (!of.fit() || !call.require(call.size(0) == of.frames(), "x: expected [B, T, D]") || !call.require(call.size(5) == of->size, "d_units: expected that of the units"))
    return;
  float *d_x = call.output(0, call.shape(0)), *d_down = call.output(1, call.shape(1)), *d_bias = call.output(2, {S});
  if (!call.is_right()) return;
  const float *x = call.numbers(0), *down = call.numbers(1), *d_units = call.numbers(5);
  const int64_t D = of.D();
  if (d_x)
    of.over_panels(D, [&](int64_t panel, int64_t begin, int64_t end, fused::Scratch scratch) {
      fused::fill_panel(*of, D, panel, begin, end, d_x, [](int64_t, int64_t, int64_t) __attribute__((always_inline)) { return fused::all(0.0f); });
      fused::make_frames(*of, {nullptr, nullptr}, {D, taps}, d_units, {down, 1, S}, D * S, panel, begin, end, scratch, d_x);
    });
  if (d_down)
    of.over_blocks([&](int64_t channel, int64_t column, fused::Scratch scratch) {
      fused::weights_gradient(*of, {nullptr, nullptr}, {D, taps}, x, d_units, channel, column, scratch, d_down + channel * S + column, S, D * S,
                              channel == 0 ? d_bias : nullptr);
    });
}

// Inputs 0 to 7: units, gates, up, up's bias, ranks, held, mask, used. D is the last axis of up.
bool fits_sums(Call& call, const ExpertsOf& of) {
  const int64_t N = of.fit() ? of->N : 0, B = of.fit() ? of->B : 0;
  return of.fit() && call.require(call.size(0) == of->size, "units: expected those of the experts that are held") &&
         call.require(call.size(1) == B * N && call.size(7) == B * N, "gates and used: expected [B, N]") &&
         call.require(call.last(3) == of.D() && call.size(3) == N * of.D(), "bias: expected [N, D]");
}

void expert_sums(Call& call, const Attributes&) {
  if (!call.require(call.shape(2).size() == 2, "up: expected [S, D]")) return;
  const int64_t D = call.last(2), S = call.shape(2)[0];
  const ExpertsOf of(call, 4, D, S);
  if (!fits_sums(call, of)) return;
  float* y = call.output(0, {of->B, of->T, D});
  if (!y) return;
  const float *units = call.numbers(0), *gates = call.numbers(1), *up = call.numbers(2), *bias = call.numbers(3);
  const fused::Share share = {call.integers(7), gates};
  of.over_panels(D, [&](int64_t panel, int64_t begin, int64_t end, fused::Scratch scratch) {
    fused::fill_panel(*of, D, panel, begin, end, y, [&](int64_t b, int64_t d, int64_t count) __attribute__((always_inline)) {
      fused::Vector mixed{};
      for (int64_t n = 0; n < of->N; n++)
        if (of->holds(b, n) && share.has(b * of->N + n)) mixed += fused::load_at(bias + n * D + d, 0, count) * share.factor(b * of->N + n);
      return mixed;
    });
    fused::make_frames(*of, share, {D, 1}, units, {up, D, 1}, 0, panel, begin, end, scratch, y);
  });
}

// Input 8: the gradient of the sums.
void expert_sums_gradient(Call& call, const Attributes&) {
  if (!call.require(call.shape(2).size() == 2, "up: expected [S, D]")) return;
  const int64_t D = call.last(2), S = call.shape(2)[0];
  const ExpertsOf of(call, 4, D, S);
  if (!fits_sums(call, of) || !call.require(call.size(8) == of.frames(), "dy: expected [B, T, D]")) return;
  const int64_t B = of->B, T = of->T, N = of->N;
  float *d_units = call.output(0, {of->size}), *d_gates = call.output(1, {B, N}), *d_up = call.output(2, {S, D}), *d_bias = call.output(3, {N, D});
  if (!call.is_right()) return;
  const float *units = call.numbers(0), *up = call.numbers(2), *bias = call.numbers(3), *dy = call.numbers(8);
  const fused::Share share = {call.integers(7), call.numbers(1)};
  // Along a sample's frames: of dy, and of the units times their gradient.
  std::vector<float> frames(B * D), along_time(B * S);
  over_rows(B, T * D, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; b++)
      for (int64_t t = 0; t < of->length[b]; t++) fused::add_row(dy + (b * T + t) * D, frames.data() + b * D, 1, D);
  });
  of.over_panels(S, [&](int64_t panel, int64_t begin, int64_t end, fused::Scratch scratch) {
    fused::make_units(*of, share, {D, 1}, dy, {up, 1, D}, panel, begin, end, scratch, [&](int64_t b, const float* sums) {
      fused::write_units_gradient(*of, share, b, panel, sums, units, d_units, along_time.data());
    });
  });
  if (d_up)
    of.over_blocks([&](int64_t channel, int64_t column, fused::Scratch scratch) {
      fused::transposed_gradient(*of, share, D, dy, units, channel, column, scratch, d_up);
    });
  for (int64_t i = 0; d_bias && i < N * D; i++) d_bias[i] = 0;
  for (int64_t b = 0; b < B; b++)
    for (int64_t n = 0; n < N; n++) {
      const int64_t at = b * N + n;
      d_gates[at] = 0;
      if (!of->holds(b, n) || !share.has(at)) continue;
      for (int64_t s = of->first[n]; s < of->first[n + 1]; s++) d_gates[at] += along_time[b * S + s];
      for (int64_t d = 0; d < D; d++) d_gates[at] += frames[b * D + d] * bias[n * D + d];
      fused::add_row(frames.data() + b * D, d_bias + n * D, share.factor(at), D);
    }
}

const Operation OPERATIONS[] = {
    {"MmolreDrawKept", {"shape: int32", "seed: int32"}, {"kept: bool"}, {"rate"}, draw_kept},
    {"MmolreDrop", {"x: float", "kept: bool"}, {"y: float"}, {"scale"}, drop},
    {"MmolreTakeRows", {"rows: float", "index: int32"}, {"taken: float"}, {}, take_rows},
    {"MmolreAddNorm",
     {"x: float", "change: float", "kept: bool", "weight: float", "bias: float"},
     {"y: float", "unit: float", "deviation: float"},
     {"scale", "epsilon"},
     add_norm<true>},
    {"MmolreAddNormValue", {"x: float", "change: float", "kept: bool", "weight: float", "bias: float"}, {"y: float"}, {"scale", "epsilon"}, add_norm<false>},
    {"MmolreAddNormGradient",
     {"dy: float", "unit: float", "deviation: float", "weight: float", "kept: bool"},
     {"d_sum: float", "d_change: float", "d_weight: float", "d_bias: float"},
     {"scale"},
     add_norm_gradient},
    {"MmolreAttention",
     {"queries: float", "keys: float", "values: float", "mask: float", "kept: bool", "own_rows: int32", "other_rows: int32", "shape: int32"},
     {"read: float"},
     {"scale", "temperature"},
     attention},
    {"MmolreAttentionGradient",
     {"queries: float", "keys: float", "values: float", "mask: float", "kept: bool", "own_rows: int32", "other_rows: int32", "shape: int32", "d_read: float"},
     {"d_queries: float", "d_keys: float", "d_values: float"},
     {"scale", "temperature"},
     attention_gradient},
    {"MmolreConvolution", {"x: float", "filter: float", "bias: float", "stride: int32"}, {"y: float"}, {}, convolution},
    {"MmolreSquareSum", {"x: float"}, {"sum: float"}, {}, square_sum},
    {"MmolreAdamW",
     {"value: float", "grad: float", "first: float", "second: float", "step: float"},
     {"updated: float"},
     {},
     adam_w},
    {"MmolreGelu", {"x: float", "kept: bool"}, {"y: float"}, {"scale"}, activate<fused::gelu>},
    {"MmolreGeluGradient", {"x: float", "kept: bool", "dy: float"}, {"dx: float"}, {"scale"}, activation_gradient<fused::gelu_gradient>},
    {"MmolreRelu", {"x: float", "kept: bool"}, {"y: float"}, {"scale"}, activate<fused::relu>},
    {"MmolreReluGradient", {"x: float", "kept: bool", "dy: float"}, {"dx: float"}, {"scale"}, activation_gradient<fused::relu_gradient>},
    {"MmolreLinear", {"x: float", "weight: float", "bias: float"}, {"y: float"}, {}, product<false, true>},
    {"MmolreProduct", {"x: float", "weight: float"}, {"y: float"}, {}, product<false, false>},
    {"MmolreProductTransposed", {"x: float", "weight: float"}, {"y: float"}, {}, product<true, false>},
    {"MmolrePack", {"weight: float"}, {"packed: float"}, {}, pack},
    {"MmolreGroupedConvolution", {"x: float", "filter: float", "bias: float", "sizes: int32"}, {"y: float"}, {}, grouped_convolution},
    {"MmolreGroupedConvolutionGradient",
     {"x: float", "filter: float", "dy: float", "sizes: int32"},
     {"dx: float", "d_filter: float"},
     {},
     grouped_convolution_gradient},
    {"MmolreAddBias", {"rows: float", "bias: float"}, {}, {}, add_bias},
    {"MmolreExpertUnits", {"x: float", "down: float", "bias: float", "ranks: int32", "held: int32", "mask: float"}, {"units: float"}, {}, expert_units},
    {"MmolreExpertUnitsGradient",
     {"x: float", "down: float", "ranks: int32", "held: int32", "mask: float", "d_units: float"},
     {"d_x: float", "d_down: float", "d_bias: float"},
     {},
     expert_units_gradient},
    {"MmolreExpertSums",
     {"units: float", "gates: float", "up: float", "bias: float", "ranks: int32", "held: int32", "mask: float", "used: int32"},
     {"y: float"},
     {},
     expert_sums},
    {"MmolreExpertSumsGradient",
     {"units: float", "gates: float", "up: float", "bias: float", "ranks: int32", "held: int32", "mask: float", "used: int32", "dy: float"},
     {"d_units: float", "d_gates: float", "d_up: float", "d_bias: float"},
     {},
     expert_sums_gradient},
};
