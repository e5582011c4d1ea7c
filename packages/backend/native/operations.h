// Our operations: what is asked of their inputs, and which of them is computed by what. Included once for each set of instructions, as fused_rows.h is.
#include "fused_rows.h"
#include "products.h"
#include "attention.h"
#include "convolution.h"

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

void add_norm(Call& call, const Attributes& attributes) {
  const int64_t D = call.last(0), size = call.size(0), rows = D == 0 ? 0 : size / D;
  const bool fits = call.require(call.size(1) == 0 || call.size(1) == size, "change: expected nothing, or the shape of x") &&
                    call.require(call.size(2) == 0 || (call.size(1) == size && call.size(2) == size), "kept: expected nothing, or the shape of change") &&
                    call.require(call.size(3) == D && call.size(4) == D, "weight and bias: expected the width of x");
  if (!fits) return;
  float *y = call.output(0, call.shape(0)), *unit = call.output(1, call.shape(0)), *deviation = call.output(2, {rows});
  if (!y || !unit || !deviation) return;
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

// Calls work(head, scratch) for all heads of all sequences.
template <typename Work>
void over_heads(const fused::Attention& of, int64_t B, Work work) {
  threads().run(B * of.H, [&](int64_t part) {
    static thread_local std::vector<float> memory;
    work(fused::Head(of, part), fused::Scratch(memory));
  });
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
  fused::pack({call.numbers(1), O, 1}, K * C, O, packed.data());
  const fused::Convolution of = {call.numbers(0), packed.data(), call.size(2) == 0 ? nullptr : call.numbers(2), y, T, C, K, stride, F, O};
  const int64_t blocks = (F + fused::WINDOWS_AT_ONCE - 1) / fused::WINDOWS_AT_ONCE;
  threads().run(B * blocks, [&](int64_t part) {
    const int64_t b = part / blocks, first = part % blocks * fused::WINDOWS_AT_ONCE, last = first + fused::WINDOWS_AT_ONCE;
    fused::convolve(of, b * F + first, b * F + (last < F ? last : F));
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

const Operation OPERATIONS[] = {
    {"MmolreDrawKept", {"shape: int32", "seed: int32"}, {"kept: bool"}, {"rate"}, draw_kept},
    {"MmolreDrop", {"x: float", "kept: bool"}, {"y: float"}, {"scale"}, drop},
    {"MmolreTakeRows", {"rows: float", "index: int32"}, {"taken: float"}, {}, take_rows},
    {"MmolreAddNorm",
     {"x: float", "change: float", "kept: bool", "weight: float", "bias: float"},
     {"y: float", "unit: float", "deviation: float"},
     {"scale", "epsilon"},
     add_norm},
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
    {"MmolreAddBias", {"rows: float", "bias: float"}, {}, {}, add_bias},
};
