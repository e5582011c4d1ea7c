// Attention on plain memory, head by head and a few queries at a time, so that scores and weights stay in the processor's caches and are written
// nowhere: for the gradient they are computed again (as FlashAttention does: Dao and others, 2022). Included after products.h.
namespace fused {

// Where a sequence's positions have their rows: rows[b * length + t] of `count`, or none; null where row and position are one.
struct Positions {
  const int32_t* rows;
  int64_t length, count;
};

// Rows [.., H * width] of queries, keys and values. A query attends to the positions of its sequence where the mask [B, K] is above 0; to all alike,
// where it is so nowhere. A position without a row has zeros.
struct Attention {
  const float *queries, *keys, *values, *mask;
  const uint8_t* kept;  // [B, H, Q, K], or null
  Positions own, other;
  int64_t H, width;
  float scale, temperature;  // of what is kept; of the scores
};

struct AttentionGradient {
  const float* d_output;
  float *d_queries, *d_keys, *d_values;
};

constexpr int64_t QUERIES_AT_ONCE = 48;

// One head of one sequence.
class Head {
 public:
  Head(const Attention& of, int64_t part) : of_(of), b_(part / of.H), h_(part % of.H), D_(of.H * of.width) {
    for (int64_t t = 0; t < of.own.length; t++)
      if (own_row(t) >= 0) queries_.push_back(t);
    const float* mask = of.mask + b_ * of.other.length;
    for (int64_t t = 0; t < of.other.length; t++)
      if (mask[t] > 0) open_.push_back(t);
    temperature_ = open_.empty() ? 0 : of.temperature;
    if (open_.empty())
      for (int64_t t = 0; t < of.other.length; t++) open_.push_back(t);
    is_prefix_ = open_.empty() || open_.back() == keys() - 1;
    stride_ = panels_of(keys()) * PANEL;
  }

  void forward(float* output, Scratch scratch) const {
    const int64_t d = of_.width, n = keys();
    scratch.reserve(packed_size(d, n) + packed_size(n, d) + n * d + QUERIES_AT_ONCE * (stride_ + 2 * d), 6);
    float *gathered = scratch.take(n * d), *keys = scratch.take(packed_size(d, n)), *values = scratch.take(packed_size(n, d));
    float *queries = scratch.take(QUERIES_AT_ONCE * d), *weights = scratch.take(QUERIES_AT_ONCE * stride_), *read = scratch.take(QUERIES_AT_ONCE * d);
    gather(of_.keys, of_.other, open_, 0, n, gathered);
    pack({gathered, 1, d}, d, n, keys);
    gather(of_.values, of_.other, open_, 0, n, gathered);
    pack({gathered, d, 1}, n, d, values);
    for_queries([&](int64_t first, int64_t count) {
      gather(of_.queries, of_.own, queries_, first, count, queries);
      attend(queries, keys, count, weights);
      for (int64_t q = 0; q < count && of_.kept; q++) {
        float* row = weights + q * stride_;
        along_keys(first + q, [&](int64_t i, int64_t some, Vector kept) __attribute__((always_inline)) {
          store_at(row, i, some, load_at(row, i, some) * kept);
        });
      }
      multiply({{weights, stride_, 1}, values, read, d, count, d, n, false});
      scatter(read, of_.own, queries_, first, count, output);
    });
  }

  void backward(const AttentionGradient& to, Scratch scratch) const {
    const int64_t d = of_.width, n = keys(), block = QUERIES_AT_ONCE;
    scratch.reserve(2 * packed_size(d, n) + packed_size(n, d) + 3 * n * d + 2 * block * stride_ + 3 * block * d + 2 * packed_size(block, d), 12);
    float *gathered = scratch.take(n * d), *d_keys = scratch.take(n * d), *d_values = scratch.take(n * d);
    float *keys = scratch.take(packed_size(d, n)), *values = scratch.take(packed_size(d, n)), *key_rows = scratch.take(packed_size(n, d));
    float *weights = scratch.take(block * stride_), *d_scores = scratch.take(block * stride_);
    float *queries = scratch.take(block * d), *d_read = scratch.take(block * d), *d_queries = scratch.take(block * d);
    float* packed = scratch.take(packed_size(block, d));
    gather(of_.keys, of_.other, open_, 0, n, gathered);
    pack({gathered, 1, d}, d, n, keys);
    pack({gathered, d, 1}, n, d, key_rows);
    gather(of_.values, of_.other, open_, 0, n, gathered);
    pack({gathered, 1, d}, d, n, values);
    std::memset(d_keys, 0, n * d * sizeof(float));
    std::memset(d_values, 0, n * d * sizeof(float));
    for_queries([&](int64_t first, int64_t count) {
      gather(of_.queries, of_.own, queries_, first, count, queries);
      gather(to.d_output, of_.own, queries_, first, count, d_read);
      attend(queries, keys, count, weights);
      multiply({{d_read, d, 1}, values, d_scores, stride_, count, n, d, false});
      for (int64_t q = 0; q < count; q++) through_softmax(first + q, weights + q * stride_, d_scores + q * stride_);
      multiply({{d_scores, stride_, 1}, key_rows, d_queries, d, count, d, n, false});
      scatter(d_queries, of_.own, queries_, first, count, to.d_queries);
      pack({queries, d, 1}, count, d, packed);
      multiply({{d_scores, 1, stride_}, packed, d_keys, d, n, d, count, true});
      pack({d_read, d, 1}, count, d, packed);
      multiply({{weights, 1, stride_}, packed, d_values, d, n, d, count, true});
    });
    for (int64_t t = 0; t < of_.other.length; t++)
      for (float* all : {to.d_keys, to.d_values}) copy_to(nullptr, of_.other, t, all);
    scatter(d_keys, of_.other, open_, 0, n, to.d_keys);
    scatter(d_values, of_.other, open_, 0, n, to.d_values);
  }

 private:
  int64_t keys() const { return static_cast<int64_t>(open_.size()); }
  int64_t row_of(const Positions& in, int64_t t) const {
    const int64_t position = b_ * in.length + t;
    return row_at(in.rows, position, in.count);
  }
  int64_t own_row(int64_t t) const { return row_of(of_.own, t); }
  void gather(const float* all, const Positions& in, const std::vector<int64_t>& positions, int64_t first, int64_t count, float* to) const {
    for (int64_t i = 0; i < count; i++) {
      const int64_t row = row_of(in, positions[first + i]);
      copy_row(row < 0 ? nullptr : all + row * D_ + h_ * of_.width, to + i * of_.width, of_.width);
    }
  }
  void copy_to(const float* from, const Positions& in, int64_t t, float* all) const {
    const int64_t row = row_of(in, t);
    if (row >= 0) copy_row(from, all + row * D_ + h_ * of_.width, of_.width);
  }
  void scatter(const float* from, const Positions& in, const std::vector<int64_t>& positions, int64_t first, int64_t count, float* all) const {
    for (int64_t i = 0; i < count; i++) copy_to(from + i * of_.width, in, positions[first + i], all);
  }
  template <typename Work>
  void for_queries(Work work) const {
    const int64_t all = static_cast<int64_t>(queries_.size());
    for (int64_t first = 0; first < all; first += QUERIES_AT_ONCE) work(first, all - first < QUERIES_AT_ONCE ? all - first : QUERIES_AT_ONCE);
  }
  // Calls `work(offset, count, factors)` along the keys of a query, with what dropout multiplies its weights by.
  template <typename Work>
  __attribute__((always_inline)) inline void along_keys(int64_t query, Work work) const {
    const uint8_t* kept = of_.kept ? of_.kept + ((b_ * of_.H + h_) * of_.own.length + queries_[query]) * of_.other.length : nullptr;
    along(keys(), [&](int64_t i, int64_t count) __attribute__((always_inline)) {
      if (!kept) return work(i, count, all(1.0f));
      if (is_prefix_) return work(i, count, kept_factors(kept + i, count, of_.scale));
      uint8_t some[LANES];
      for (int64_t j = 0; j < count; j++) some[j] = kept[open_[i + j]];
      work(i, count, kept_factors(some, count, of_.scale));
    });
  }
  // The weights of some queries, without dropout.
  void attend(const float* queries, const float* keys, int64_t count, float* weights) const {
    multiply({{queries, of_.width, 1}, keys, weights, stride_, count, this->keys(), of_.width, false});
    for (int64_t q = 0; q < count; q++) softmax(weights + q * stride_, this->keys(), temperature_);
  }
  // From a query's weights, and the gradient of what dropout leaves of them, to the scores' gradient and what dropout leaves.
  void through_softmax(int64_t query, float* weights, float* d_scores) const {
    Vector total{};
    along_keys(query, [&](int64_t i, int64_t count, Vector kept) __attribute__((always_inline)) {
      total += load_at(weights, i, count) * kept * load_at(d_scores, i, count);
    });
    const float mean = sum(total), temperature = of_.temperature;
    along_keys(query, [&](int64_t i, int64_t count, Vector kept) __attribute__((always_inline)) {
      const Vector weight = load_at(weights, i, count), dropped = weight * kept;
      const Vector d = dropped * load_at(d_scores, i, count) - weight * mean;
      store_at(d_scores, i, count, d * temperature);
      store_at(weights, i, count, dropped);
    });
  }

  const Attention& of_;
  const int64_t b_, h_, D_;
  std::vector<int64_t> queries_, open_;
  float temperature_;
  bool is_prefix_;
  int64_t stride_;
};

}  // namespace fused
