// Low-rank experts on plain memory: of each sample those alone that it holds. A convolution makes an expert's hidden units of frames, and another
// one makes frames of them; weights are read where they are, a panel at a time. Included after products.h.
namespace fused {

// What is worked on at once: samples that share a panel of weights; frames, channels and columns of a gradient's block, which fits a core's cache.
constexpr int64_t SAMPLES_AT_ONCE = 4, FRAMES_AT_ONCE = 128, CHANNELS_AT_ONCE = 256, COLUMNS_AT_ONCE = 4 * PANEL;

INLINED int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

// Whose weights have which columns, and where the hidden units of a sample stand: [length, width] from `start`, those of the experts that it holds
// side by side.
struct Experts {
  int64_t B, T, N;
  std::vector<int64_t> first;                 // [N + 1], of an expert's columns
  std::vector<int64_t> length, width, start;  // [B]; length: up to the last real frame
  std::vector<int64_t> column;                // [B, N], of an expert's units among the sample's; -1 where it is not held
  int64_t size = 0;                           // of all hidden units

  Experts(const int32_t* ranks, const int32_t* held, const float* mask, int64_t B, int64_t T, int64_t N) : B(B), T(T), N(N), first(1) {
    for (int64_t n = 0; n < N; n++) first.push_back(first[n] + ranks[n]);
    for (int64_t b = 0; b < B; b++) {
      int64_t frames = T, units = 0;
      while (frames > 0 && !(mask[b * T + frames - 1] > 0)) frames--;
      for (int64_t n = 0; n < N; n++) {
        column.push_back(held[b * N + n] ? units : -1);
        if (held[b * N + n]) units += ranks[n];
      }
      length.push_back(frames);
      width.push_back(units);
      start.push_back(size);
      size += frames * units;
    }
  }
  int64_t columns() const { return first[N]; }
  int64_t rank(int64_t n) const { return first[n + 1] - first[n]; }
  bool holds(int64_t b, int64_t n) const { return column[b * N + n] >= 0 && rank(n) > 0; }
  // Calls work(n, from, count, unit) for each expert of the sample that has columns among these.
  template <typename Work>
  void within(int64_t b, int64_t begin, int64_t end, Work work) const {
    for (int64_t n = 0; n < N && first[n] < end; n++) {
      const int64_t from = most(first[n], begin), to = least(first[n + 1], end);
      if (from < to && holds(b, n)) work(n, from, to - from, column[b * N + n] + from - first[n]);
    }
  }
};

// Which of the experts that are held take part, and by what they are multiplied; null: all, by 1.
struct Share {
  const int32_t* used;     // [B, N]
  const float* factors;    // [B, N]
  bool has(int64_t at) const { return !used || used[at]; }
  float factor(int64_t at) const { return !has(at) ? 0 : factors ? factors[at] : 1; }
};

// Frames [B, T, D] that a convolution of so many taps sees, or that it makes.
struct Frames {
  int64_t D, taps;
  int64_t half() const { return taps / 2; }
};

// A panel of columns of the convolution that makes hidden units, for some samples. Calls finish(b, sums) with sums [length, PANEL], or null where
// the sample has no part in it.
template <typename Finish>
void make_units(const Experts& of, const Share& share, const Frames& seen, const float* frames, const Strided& weight, int64_t panel, int64_t begin,
                int64_t end, Scratch scratch, Finish finish) {
  const int64_t D = seen.D, K = seen.taps * D, half = seen.half(), first = panel * PANEL, last = least(first + PANEL, of.columns());
  scratch.reserve(K * PANEL + of.T * PANEL, 2);
  float *packed = scratch.take(K * PANEL), *sums = scratch.take(of.T * PANEL);
  bool is_packed = false;
  for (int64_t b = begin; b < end; b++) {
    bool takes_part = false;
    of.within(b, first, last, [&](int64_t n, int64_t, int64_t, int64_t) { takes_part |= share.has(b * of.N + n); });
    if (!takes_part) {
      finish(b, static_cast<const float*>(nullptr));
      continue;
    }
    if (!is_packed) pack({weight.from + first * weight.column, weight.row, weight.column}, K, last - first, packed);
    is_packed = true;
    const float* own = frames + b * of.T * D;
    const int64_t length = of.length[b];
    // Neighbouring frames are side by side, so that what a frame sees is a row as it stands, but at the ends.
    const auto rows = [&](int64_t t, int64_t count, int64_t from, int64_t to) {
      multiply({{own + (t - half + from) * D, D, 1}, packed + from * D * PANEL, sums + t * PANEL, PANEL, count, PANEL, (to - from) * D, false});
    };
    const int64_t inner = least(half, length), outer = most(inner, least(length, of.T - half));
    const auto edge = [&](int64_t t) { rows(t, 1, most(0, half - t), least(seen.taps, of.T + half - t)); };
    for (int64_t t = 0; t < inner; t++) edge(t);
    if (outer > inner) rows(inner, outer - inner, 0, seen.taps);
    for (int64_t t = outer; t < length; t++) edge(t);
    finish(b, sums);
  }
}

// Units from a panel's sums and the bias of their columns.
inline void write_units(const Experts& of, int64_t b, int64_t panel, const float* sums, const float* bias, float* units) {
  if (!sums) return;
  of.within(b, panel * PANEL, (panel + 1) * PANEL, [&](int64_t, int64_t from, int64_t count, int64_t unit) {
    const float* sum = sums + from - panel * PANEL;
    float* to = units + of.start[b] + unit;
    for (int64_t t = 0; t < of.length[b]; t++, sum += PANEL, to += of.width[b])
      along(count, [&](int64_t i, int64_t some) __attribute__((always_inline)) {
        store_at(to, i, some, load_at(sum, i, some) + load_at(bias + from, i, some));
      });
  });
}

// The gradient of units from a panel's sums, and in `along_time` [B, S] what the factors' gradient is the sum of.
inline void write_units_gradient(const Experts& of, const Share& share, int64_t b, int64_t panel, const float* sums, const float* units, float* d_units,
                                 float* along_time) {
  of.within(b, panel * PANEL, (panel + 1) * PANEL, [&](int64_t n, int64_t from, int64_t count, int64_t unit) {
    const bool has = sums && share.has(b * of.N + n);
    const float factor = share.factor(b * of.N + n);
    const int64_t at = of.start[b] + unit, width = of.width[b];
    along(count, [&](int64_t i, int64_t some) __attribute__((always_inline)) {
      Vector total{};
      for (int64_t t = 0; t < of.length[b]; t++) {
        const Vector d = has ? load_at(sums + t * PANEL + from - panel * PANEL, i, some) : all(0.0f);
        total += d * load_at(units + at + t * width, i, some);
        store_at(d_units + at + t * width, i, some, d * factor);
      }
      store_at(along_time + b * of.columns() + from, i, some, total);
    });
  });
}

// Adds to a panel of channels of some samples' frames what the convolution makes of hidden units. The weight (s, d) of a tap is `tap` numbers beyond
// that of the one before; the last tap sees the unit of the frame before.
inline void make_frames(const Experts& of, const Share& share, const Frames& made, const float* units, const Strided& weight, int64_t tap, int64_t panel,
                        int64_t begin, int64_t end, Scratch scratch, float* frames) {
  const int64_t D = made.D, half = made.half(), first = panel * PANEL, channels = least(PANEL, D - first);
  scratch.reserve(of.columns() * PANEL, 1);
  float* packed = scratch.take(of.columns() * PANEL);
  std::vector<char> is_packed(of.N);
  for (int64_t k = 0; k < made.taps; k++) {
    is_packed.assign(of.N, 0);
    for (int64_t b = begin; b < end; b++) {
      if (share.factors) is_packed.assign(of.N, 0);
      const int64_t width = of.width[b], from = most(0, half - k), to = least(of.length[b], of.T + half - k);
      if (from >= to) continue;
      // Experts whose units stand side by side are one product.
      int64_t run = -1, unit = 0, count = 0;
      const auto finish_run = [&] {
        if (count > 0)
          multiply({{units + of.start[b] + from * width + unit, width, 1}, packed + run * PANEL, frames + (b * of.T + from + k - half) * D + first, D,
                    to - from, channels, count, true});
        count = 0;
      };
      for (int64_t n = 0; n < of.N; n++) {
        if (!of.holds(b, n)) continue;
        if (!share.has(b * of.N + n)) {
          finish_run();
          continue;
        }
        const int64_t column = of.first[n], rank = of.rank(n);
        if (!is_packed[n]) {
          float* own = packed + column * PANEL;
          pack({weight.from + k * tap + column * weight.row + first * weight.column, weight.row, weight.column}, rank, channels, own);
          if (share.factors) {
            const float factor = share.factors[b * of.N + n];
            for (int64_t i = 0; i < rank * PANEL; i += LANES) store(own + i, load(own + i) * factor);
          }
          is_packed[n] = 1;
        }
        if (count > 0 && (run + count != column || unit + count != of.column[b * of.N + n])) finish_run();
        if (count == 0) {
          run = column;
          unit = of.column[b * of.N + n];
        }
        count += rank;
      }
      finish_run();
    }
  }
}

// A block of the gradient of a convolution's weights: channels from `channel`, columns from `column`. The weight (d, s) of a tap is to[tap * k + d * row
// + s]. `sums` [S], if there is one, receives the units' sums.
inline void weights_gradient(const Experts& of, const Share& share, const Frames& seen, const float* frames, const float* units, int64_t channel,
                             int64_t column, Scratch scratch, float* to, int64_t row, int64_t tap, float* sums) {
  const int64_t D = seen.D, channels = least(CHANNELS_AT_ONCE, D - channel), columns = least(COLUMNS_AT_ONCE, of.columns() - column);
  scratch.reserve(FRAMES_AT_ONCE * PANEL, 1);
  float* packed = scratch.take(FRAMES_AT_ONCE * PANEL);
  for (int64_t k = 0; k < seen.taps; k++)
    for (int64_t d = 0; d < channels; d++) std::memset(to + k * tap + d * row, 0, columns * sizeof(float));
  if (sums) std::memset(sums + column, 0, columns * sizeof(float));
  for (int64_t b = 0; b < of.B; b++)
    for (int64_t t = 0; t < of.length[b]; t += FRAMES_AT_ONCE)
      for (int64_t first = column; first < column + columns; first += PANEL) {
        const int64_t last = least(first + PANEL, of.columns()), count = least(FRAMES_AT_ONCE, of.length[b] - t);
        int64_t found = 0;
        of.within(b, first, last, [&](int64_t n, int64_t, int64_t some, int64_t) { found += share.has(b * of.N + n) ? some : 0; });
        if (found == 0) continue;
        if (found < PANEL) std::memset(packed, 0, count * PANEL * sizeof(float));
        of.within(b, first, last, [&](int64_t n, int64_t from, int64_t some, int64_t unit) {
          if (!share.has(b * of.N + n)) return;
          const float factor = share.factor(b * of.N + n);
          const float* own = units + of.start[b] + t * of.width[b] + unit;
          for (int64_t i = 0; i < count; i++)
            along(some, [&](int64_t j, int64_t few) __attribute__((always_inline)) {
              store_at(packed + i * PANEL + from - first, j, few, load_at(own + i * of.width[b], j, few) * factor);
            });
        });
        for (int64_t k = 0; k < seen.taps; k++) {
          const int64_t shift = k - seen.half(), begin = most(0, -shift - t), end = least(count, of.T - shift - t);
          if (begin >= end) continue;
          multiply({{frames + (b * of.T + t + begin + shift) * D + channel, 1, D}, packed + begin * PANEL, to + k * tap + first - column, row, channels,
                    last - first, end - begin, true});
        }
        if (sums)
          for (int64_t i = 0; i < count; i++)
            for (int64_t j = 0; j < last - first; j++) sums[first + j] += packed[i * PANEL + j];
      }
}

// The same block for a convolution that makes frames, of one tap and with weights [S, D]: factors · unitsᵀ · frames.
inline void transposed_gradient(const Experts& of, const Share& share, int64_t D, const float* frames, const float* units, int64_t channel,
                                int64_t column, Scratch scratch, float* to) {
  static thread_local std::vector<float> block(CHANNELS_AT_ONCE * COLUMNS_AT_ONCE);
  weights_gradient(of, share, {D, 1}, frames, units, channel, column, scratch, block.data(), COLUMNS_AT_ONCE, 0, nullptr);
  const int64_t channels = least(CHANNELS_AT_ONCE, D - channel), columns = least(COLUMNS_AT_ONCE, of.columns() - column);
  for (int64_t s = 0; s < columns; s++)
    for (int64_t d = 0; d < channels; d++) to[(column + s) * D + channel + d] = block[d * COLUMNS_AT_ONCE + s];
}

// Sets a panel of channels of some samples' frames to value(b, channel, count), and to 0 behind the last real one.
template <typename Value>
INLINED void fill_panel(const Experts& of, int64_t D, int64_t panel, int64_t begin, int64_t end, float* frames, Value value) {
  const int64_t first = panel * PANEL;
  for (int64_t b = begin; b < end; b++)
    along(least(PANEL, D - first), [&](int64_t i, int64_t count) __attribute__((always_inline)) {
      const Vector v = value(b, first + i, count), none{};
      for (int64_t t = 0; t < of.T; t++) store_at(frames + (b * of.T + t) * D + first, i, count, t < of.length[b] ? v : none);
    });
}

// Adds a row times a factor.
inline void add_row(const float* row, float* to, float factor, int64_t width) {
  along(width, [=](int64_t i, int64_t count) __attribute__((always_inline)) {
    store_at(to, i, count, load_at(to, i, count) + load_at(row, i, count) * factor);
  });
}

}  // namespace fused
