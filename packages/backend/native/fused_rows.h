// The arithmetic of our operations on plain memory: what a layer does to a row in one pass, where TensorFlow's own operations read and write it many
// times. All is float32. Included once for each set of instructions (`fused_kernels.cc`), after <cmath>, <cstdint> and <cstring>, with LANES as many
// numbers as one of its registers holds, 16 at most.
#define INLINED static inline __attribute__((always_inline))

namespace fused {

typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t Integers __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef uint8_t Bytes __attribute__((vector_size(LANES)));
typedef uint16_t Halves __attribute__((vector_size(LANES * sizeof(uint16_t))));  // between bytes and words: a compiler has instructions for one step only
typedef uint32_t Words __attribute__((vector_size(LANES * sizeof(uint32_t))));
typedef uint64_t Products __attribute__((vector_size(LANES * sizeof(uint64_t))));

INLINED Vector all(float value) { return value - Vector{}; }  // x - 0 is x, whatever x is
INLINED Vector load(const float* from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
INLINED void store(float* to, Vector v) { std::memcpy(to, &v, sizeof v); }
// The last numbers of a row, fewer than there are lanes.
INLINED Vector load_some(const float* from, int64_t count, float rest) {
  float v[LANES];
  for (int i = 0; i < LANES; i++) v[i] = i < count ? from[i] : rest;
  return load(v);
}
INLINED void store_some(float* to, Vector v, int64_t count) { std::memcpy(to, &v, count * sizeof(float)); }
INLINED Integers lanes() {
  Integers numbers;
  for (int i = 0; i < LANES; i++) numbers[i] = i;
  return numbers;
}
// Every lane's number BY lanes further on, around the end.
template <int BY>
INLINED Vector rotated(Vector v) {
  return __builtin_shuffle(v, (lanes() + BY) % LANES);
}
template <int HALF = LANES / 2>
INLINED float sum(Vector v) {
  if constexpr (HALF == 0) return v[0];
  else return sum<HALF / 2>(v + rotated<HALF>(v));
}
template <int HALF = LANES / 2>
INLINED float highest(Vector v) {
  const Vector other = rotated<HALF>(v);
  if constexpr (HALF == 0) return v[0];
  else return highest<HALF / 2>(v > other ? v : other);
}
// The scale where a byte is 1, 0 where it is 0.
INLINED Vector kept_factors(const uint8_t* kept, int64_t count, float scale) {
  Bytes v{};
  if (count == LANES) std::memcpy(&v, kept, LANES);
  else std::memcpy(&v, kept, count);
  return __builtin_convertvector(__builtin_convertvector(__builtin_convertvector(v, Halves), Integers), Vector) * scale;
}

// Calls `work(offset, count)` for each LANES numbers of a row; count is less for the last ones.
template <typename Work>
INLINED void along(int64_t size, Work work) {
  int64_t i = 0;
  for (; i + LANES <= size; i += LANES) work(i, static_cast<int64_t>(LANES));
  if (i < size) work(i, size - i);
}
INLINED Vector load_at(const float* row, int64_t i, int64_t count, float rest = 0) {
  return count == LANES ? load(row + i) : load_some(row + i, count, rest);
}
INLINED void store_at(float* row, int64_t i, int64_t count, Vector v) {
  if (count == LANES) store(row + i, v);
  else store_some(row + i, v, count);
}

// A polynomial by Horner's rule, the highest power first.
INLINED Vector polynomial(Vector, Vector value) { return value; }
template <typename... Rest>
INLINED Vector polynomial(Vector x, Vector value, float next, Rest... rest) {
  return polynomial(x, value * x + next, rest...);
}

// e to the x, for x at most 0: within 2 units in the last place; 0 below -87, where it would no longer be a normal number. NaN stays.
INLINED Vector exponential(Vector x) {
  const Vector low = all(-87.0f);
  const Vector clamped = x < low ? low : x;
  const Vector shift = all(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number
  const Vector turns = (clamped * 1.44269504f + shift) - shift;
  const Vector rest = (clamped - turns * 0.693359375f) + turns * 2.12194440e-4f;  // log 2 in two parts
  // The Taylor series, which is short within half a turn.
  const Vector series =
      polynomial(rest, all(1.0f / 5040), 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f);
  const Integers power = (__builtin_convertvector(turns, Integers) + 127) << 23;
  Vector scale;
  std::memcpy(&scale, &power, sizeof scale);
  const Vector value = series * scale;
  return x < low ? all(0.0f) : value;
}

// The normal distribution function, and its density. The tail is exp(-x²/2) times a polynomial of 1 / (1 + 0.35 |x|), fitted to its relative
// error, 3e-7.
INLINED void normal_distribution(Vector x, Vector& cdf, Vector& density) {
  const Vector size = x < 0.0f ? -x : x;
  const Vector falling = exponential(x * x * -0.5f);
  const Vector t = 1.0f / (1.0f + size * 0.35f);
  const Vector series =
      polynomial(t, all(-2.80465045e-02f), 1.38262588e-01f, -2.42955159e-01f, 1.43115637e-01f, -1.06064894e-02f,
                 9.92830591e-02f, 1.21808094e-01f, 1.39477821e-01f, 1.39662825e-01f, -1.88539711e-06f);
  const Vector tail = falling * series;
  cdf = x < 0.0f ? tail : 1.0f - tail;
  density = falling * 0.39894228f;
}

// y = x * scale where kept, 0 elsewhere
inline void drop(const float* x, const uint8_t* kept, float scale, float* y, int64_t size) {
  along(size, [=](int64_t i, int64_t count) __attribute__((always_inline)) {
    store_at(y, i, count, load_at(x, i, count) * kept_factors(kept + i, count, scale));
  });
}

// One round's multiplication, in both halves.
INLINED void multiply(Words a, uint32_t by, Words& high, Words& low) {
  const Products product = __builtin_convertvector(a, Products) * by;
  high = __builtin_convertvector(product >> 32, Words);
  low = __builtin_convertvector(product, Words);
}

// How many entries `draw_kept` decides with 16 counters.
constexpr int64_t DRAWN_AT_ONCE = 8 * 16;

// 1 with the probability 1 - threshold / 65,536, else 0: for entries DRAWN_AT_ONCE · begin up to `size`. By Philox 4x32 with ten rounds (Salmon and
// others, 2011), whose counters are numbered through; each of a counter's four words decides two entries, 16 apart.
inline void draw_kept(uint32_t seed, uint32_t other_seed, uint32_t threshold, uint8_t* kept, int64_t begin, int64_t end, int64_t size) {
  for (int64_t group = begin; group < end; group++) {
    uint8_t drawn[DRAWN_AT_ONCE];
    for (int lane = 0; lane < 16; lane += LANES) {
      const uint64_t counter = static_cast<uint64_t>(group) * 16 + lane;
      uint32_t first[LANES];
      for (int i = 0; i < LANES; i++) first[i] = static_cast<uint32_t>(counter) + i;
      Words words[4] = {};
      std::memcpy(&words[0], first, sizeof first);
      words[1] += static_cast<uint32_t>(counter >> 32);
      uint32_t key = seed, other_key = other_seed;
      for (int round = 0; round < 10; round++) {
        Words high, low, other_high, other_low;
        multiply(words[0], 0xD2511F53u, high, low);
        multiply(words[2], 0xCD9E8D57u, other_high, other_low);
        words[0] = other_high ^ words[1] ^ key;
        words[1] = other_low;
        words[2] = high ^ words[3] ^ other_key;
        words[3] = low;
        key += 0x9E3779B9u;
        other_key += 0xBB67AE85u;
      }
      for (int word = 0; word < 4; word++)
        for (int half = 0; half < 2; half++) {
          const Words bits = half == 0 ? words[word] & 0xffffu : words[word] >> 16;
          const Bytes stay = __builtin_convertvector(__builtin_convertvector(bits >= threshold, Halves), Bytes) & 1;
          std::memcpy(drawn + (2 * word + half) * 16 + lane, &stay, LANES);
        }
    }
    const int64_t left = size - group * DRAWN_AT_ONCE;
    std::memcpy(kept + group * DRAWN_AT_ONCE, drawn, left < DRAWN_AT_ONCE ? left : DRAWN_AT_ONCE);
  }
}

// Copies a row of `width`, or writes zeros where there is none.
INLINED void copy_row(const float* from, float* to, int64_t width) {
  if (width == 0) return;
  if (from) std::memcpy(to, from, width * sizeof(float));
  else std::memset(to, 0, width * sizeof(float));
}

// A row's number among `count`, or -1 where there is none. Without an index, each position has its own.
INLINED int64_t row_at(const int32_t* index, int64_t position, int64_t count) {
  const int64_t row = index ? index[position] : position;
  return row >= 0 && row < count ? row : -1;
}

struct Norm {
  const float *x, *change;  // change may be null
  const uint8_t* kept;      // may be null
  float scale;
  const float *weight, *bias;
  float epsilon;
  float *y, *unit, *deviation;  // deviation: 1 / sqrt(variance + epsilon), one a row; where unit is null, neither is kept
  int64_t width;
};

// Of rows of x + change · kept · scale: zero mean and unit variance, then scale and shift.
inline void add_norm(const Norm& norm, int64_t begin, int64_t end) {
  const int64_t D = norm.width;
  for (int64_t row = begin; row < end; row++) {
    const int64_t at = row * D;
    float* unit = (norm.unit ? norm.unit : norm.y) + at;
    Vector total{};
    along(D, [&](int64_t i, int64_t count) __attribute__((always_inline)) {
      Vector v = load_at(norm.x + at, i, count);
      if (norm.change) {
        const Vector change = load_at(norm.change + at, i, count);
        v += norm.kept ? change * kept_factors(norm.kept + at + i, count, norm.scale) : change;
      }
      store_at(unit, i, count, v);
      total += v;
    });
    const float mean = sum(total) / D;
    Vector squares{};
    along(D, [&](int64_t i, int64_t count) __attribute__((always_inline)) {
      const Vector v = load_at(unit, i, count, mean) - mean;
      store_at(unit, i, count, v);
      squares += v * v;
    });
    const float deviation = 1.0f / std::sqrt(sum(squares) / D + norm.epsilon);
    if (norm.unit) norm.deviation[row] = deviation;
    along(D, [&](int64_t i, int64_t count) __attribute__((always_inline)) {
      const Vector v = load_at(unit, i, count) * deviation;
      if (norm.unit) store_at(unit, i, count, v);
      store_at(norm.y + at, i, count, v * load_at(norm.weight, i, count) + load_at(norm.bias, i, count));
    });
  }
}

struct NormGradient {
  const float *dy, *unit, *deviation, *weight;
  const uint8_t* kept;  // may be null
  float scale;
  float *d_sum, *d_change;  // d_change only where there is kept
  int64_t width;
};

// `d_weight` and `d_bias` [D] receive what these rows add to them; they begin with 0.
inline void add_norm_gradient(const NormGradient& norm, int64_t begin, int64_t end, float* d_weight, float* d_bias) {
  const int64_t D = norm.width;
  for (int64_t row = begin; row < end; row++) {
    const int64_t at = row * D;
    Vector total{}, projected{};
    along(D, [&](int64_t i, int64_t count) __attribute__((always_inline)) {
      const Vector dy = load_at(norm.dy + at, i, count), unit = load_at(norm.unit + at, i, count);
      const Vector d_unit = dy * load_at(norm.weight, i, count);
      total += d_unit;
      projected += d_unit * unit;
      store_at(d_weight, i, count, load_at(d_weight, i, count) + dy * unit);
      store_at(d_bias, i, count, load_at(d_bias, i, count) + dy);
    });
    const float mean = sum(total) / D, share = sum(projected) / D, deviation = norm.deviation[row];
    along(D, [&](int64_t i, int64_t count) __attribute__((always_inline)) {
      const Vector d_unit = load_at(norm.dy + at, i, count) * load_at(norm.weight, i, count);
      const Vector d_sum = ((d_unit - mean) - load_at(norm.unit + at, i, count) * share) * deviation;
      store_at(norm.d_sum + at, i, count, d_sum);
      if (norm.kept) store_at(norm.d_change + at, i, count, d_sum * kept_factors(norm.kept + at + i, count, norm.scale));
    });
  }
}

// The square root of each lane, one instruction for all with -fno-math-errno.
INLINED Vector root(Vector x) {
  for (int i = 0; i < LANES; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
}

// Added up in double beyond so many, in which rounding would show.
constexpr int64_t SQUARES_AT_ONCE = 1 << 12;

// Of numbers begin .. end.
inline double square_sum(const float* x, int64_t begin, int64_t end) {
  double total = 0;
  for (; begin < end; begin += SQUARES_AT_ONCE) {
    Vector squares{};
    along(end - begin < SQUARES_AT_ONCE ? end - begin : SQUARES_AT_ONCE, [&](int64_t i, int64_t count) __attribute__((always_inline)) {
      const Vector v = load_at(x + begin, i, count);
      squares += v * v;
    });
    total += sum(squares);
  }
  return total;
}

// What a step of AdamW is told.
struct AdamStep {
  float grad_scale, value_share;  // factors of the gradient as it comes, and of the value: what decay leaves
  float first_share, first_news, second_share, second_news;  // of each mean as it was, and of what is new: beta and 1 - beta
  float rate, root_scale, epsilon;  // the learning rate with the first mean's correction; the second's, of its root; added to that
};

struct AdamW {
  const float *value, *grad;
  float *first, *second;  // changed in place
  float* updated;
};

// Of numbers begin .. end.
inline void adam_w(AdamW of, AdamStep step, int64_t begin, int64_t end) {
  along(end - begin, [&](int64_t i, int64_t count) __attribute__((always_inline)) {
    const int64_t at = begin + i;
    const Vector grad = load_at(of.grad, at, count) * step.grad_scale;
    const Vector first = load_at(of.first, at, count) * step.first_share + grad * step.first_news;
    const Vector second = load_at(of.second, at, count) * step.second_share + grad * grad * step.second_news;
    const Vector change = first * step.rate / (root(second) * step.root_scale + step.epsilon);
    store_at(of.first, at, count, first);
    store_at(of.second, at, count, second);
    store_at(of.updated, at, count, load_at(of.value, at, count) * step.value_share - change);
  });
}

struct Activation {
  const float* x;
  const uint8_t* kept;  // may be null
  float scale;
  float* y;
};

// y = f(x) · kept · scale, for numbers begin .. end; f is told where they are.
template <typename F>
INLINED void activate(const Activation& of, int64_t begin, int64_t end, F f) {
  along(end - begin, [&](int64_t i, int64_t count) __attribute__((always_inline)) {
    const int64_t at = begin + i;
    const Vector y = f(load_at(of.x, at, count), at, count);
    store_at(of.y, at, count, of.kept ? y * kept_factors(of.kept + at, count, of.scale) : y);
  });
}

// x Φ(x)
inline void gelu(const Activation& of, int64_t begin, int64_t end) {
  activate(of, begin, end, [](Vector x, int64_t, int64_t) __attribute__((always_inline)) {
    Vector cdf, density;
    normal_distribution(x, cdf, density);
    return x * cdf;
  });
}

// dy times the slope Φ(x) + x φ(x)
inline void gelu_gradient(const Activation& of, const float* dy, int64_t begin, int64_t end) {
  activate(of, begin, end, [=](Vector x, int64_t at, int64_t count) __attribute__((always_inline)) {
    Vector cdf, density;
    normal_distribution(x, cdf, density);
    return load_at(dy, at, count) * (cdf + x * density);
  });
}

// x where it is positive, or not a number
inline void relu(const Activation& of, int64_t begin, int64_t end) {
  activate(of, begin, end, [](Vector x, int64_t, int64_t) __attribute__((always_inline)) { return x <= 0.0f ? all(0) : x; });
}

inline void relu_gradient(const Activation& of, const float* dy, int64_t begin, int64_t end) {
  activate(of, begin, end, [=](Vector x, int64_t at, int64_t count) __attribute__((always_inline)) {
    return x <= 0.0f ? all(0) : load_at(dy, at, count);
  });
}

// Adds a vector of `width` to rows begin .. end, in their place.
inline void add_to_rows(float* rows, const float* vector, int64_t width, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; row++)
    along(width, [=](int64_t i, int64_t count) __attribute__((always_inline)) {
      store_at(rows + row * width, i, count, load_at(rows + row * width, i, count) + load_at(vector, i, count));
    });
}

}  // namespace fused
