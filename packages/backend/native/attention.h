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

constexpr int64_t QUERIES_AT_ONCE = 48, ROWS_AHEAD = 12;

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
    padded_ = parts_by(keys(), LANES) * LANES;
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
      multiply({{queries, d, 1}, keys, weights, stride_, count, padded_, d, false});
      float shares[QUERIES_AT_ONCE];
      for (int64_t q = 0; q < count; q++) shares[q] = exponentials(first + q, weights + q * stride_, true);
      multiply({{weights, stride_, 1}, values, read, d, count, d, n, false});
      for (int64_t q = 0; q < count; q++) {
        float* row = read + q * d;
        along(d, [&](int64_t i, int64_t some) __attribute__((always_inline)) { store_at(row, i, some, load_at(row, i, some) * shares[q]); });
      }
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
    if (queries_.empty())
      for (float* none : {d_keys, d_values}) std::memset(none, 0, n * d * sizeof(float));
    for_queries([&](int64_t first, int64_t count) {
      gather(of_.queries, of_.own, queries_, first, count, queries);
      gather(to.d_output, of_.own, queries_, first, count, d_read);
      multiply({{queries, d, 1}, keys, weights, stride_, count, padded_, d, false});
      multiply({{d_read, d, 1}, values, d_scores, stride_, count, padded_, d, false});
      for (int64_t q = 0; q < count; q++) through_softmax(first + q, weights + q * stride_, d_scores + q * stride_);
      multiply({{d_scores, stride_, 1}, key_rows, d_queries, d, count, d, n, false});
      scatter(d_queries, of_.own, queries_, first, count, to.d_queries);
      pack({queries, d, 1}, count, d, packed);
      multiply({{d_scores, 1, stride_}, packed, d_keys, d, n, d, count, first > 0});
      pack({d_read, d, 1}, count, d, packed);
      multiply({{weights, 1, stride_}, packed, d_values, d, n, d, count, first > 0});
    });
    for (int64_t t = 0, i = 0; t < of_.other.length; t++) {
      if (i < n && open_[i] == t) i++;
      else for (float* all : {to.d_keys, to.d_values}) copy_to(nullptr, of_.other, t, all);
    }
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
      // Rows are in other pages of memory, and a head's part of a later one is asked for beforehand.
      const int64_t row = row_of(in, positions[first + i]), later = i + ROWS_AHEAD < count ? row_of(in, positions[first + i + ROWS_AHEAD]) : -1;
      for (int64_t n = 0; later >= 0 && n < of_.width; n += 16) __builtin_prefetch(all + later * D_ + h_ * of_.width + n);
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
  // Calls `work(offset, factors)` along the keys of a query, with what dropout, if it is asked for, multiplies its weights by.
  template <typename Work>
  __attribute__((always_inline)) inline void along_keys(int64_t query, bool drops, Work work) const {
    if (!of_.kept || !drops) {
      for (int64_t i = 0; i < padded_; i += LANES) work(i, all(1.0f));
      return;
    }
    const uint8_t* kept = of_.kept + ((b_ * of_.H + h_) * of_.own.length + queries_[query]) * of_.other.length;
    int64_t i = 0;
    for (; is_prefix_ && i + LANES <= keys(); i += LANES) work(i, kept_factors(kept + i, LANES, of_.scale));
    for (; i < padded_; i += LANES) {
      uint8_t some[LANES] = {};
      for (int64_t j = 0; j < LANES && i + j < keys(); j++) some[j] = kept[open_[i + j]];
      work(i, kept_factors(some, LANES, of_.scale));
    }
  }
  // A register of a query's scores, times the temperature; behind the last one there are none.
  __attribute__((always_inline)) inline Vector scores_at(const float* row, int64_t i) const {
    const Vector v = load(row + i) * temperature_;
    const auto left = static_cast<int32_t>(keys() - i);
    return left >= LANES ? v : lanes() < left ? v : all(-INFINITY);
  }
  // A query's scores to what their softmax is in proportion to, 0 behind the last, of which dropout leaves some if asked. Returns what makes all of
  // them together 1.
  float exponentials(int64_t query, float* row, bool drops) const {
    Vector most = all(-INFINITY);
    for (int64_t i = 0; i < padded_; i += LANES) {
      const Vector v = scores_at(row, i);
      most = v > most ? v : most;
    }
    const float level = highest(most);
    Vector total{};
    along_keys(query, drops, [&](int64_t i, Vector kept) __attribute__((always_inline)) {
      const Vector v = exponential(scores_at(row, i) - level);
      total += v;
      store(row + i, v * kept);
    });
    return padded_ == 0 ? 0 : 1 / sum(total);
  }
  // From a query's scores, and the gradient of what dropout leaves of their softmax, to the scores' gradient and what dropout leaves.
  void through_softmax(int64_t query, float* weights, float* d_scores) const {
    const float share = exponentials(query, weights, false), temperature = of_.temperature;
    Vector total{};
    along_keys(query, true, [&](int64_t i, Vector kept) __attribute__((always_inline)) { total += load(weights + i) * kept * load(d_scores + i); });
    const float mean = sum(total) * share;
    along_keys(query, true, [&](int64_t i, Vector kept) __attribute__((always_inline)) {
      const Vector weight = load(weights + i) * share, dropped = weight * kept;
      store(d_scores + i, (dropped * load(d_scores + i) - weight * mean) * temperature);
      store(weights + i, dropped);
    });
  }

  const Attention& of_;
  const int64_t b_, h_, D_;
  std::vector<int64_t> queries_, open_;
  float temperature_;
  bool is_prefix_;
  int64_t stride_, padded_;  // of a row of weights, and how far it is whole registers
};

}  // namespace fused
