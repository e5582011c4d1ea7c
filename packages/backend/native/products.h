// Matrix products on memory that is at hand, for operations that read their operands in an order of their own, where TensorFlow's products would
// want copies of them. All is float32, in a fixed order of sums. Included after fused_rows.h, with
// TILE_ROWS as many rows as the registers hold sums of, two vectors wide.

namespace fused {

// The columns that stand side by side in a packed matrix.
constexpr int PANEL = 2 * LANES;

INLINED int64_t parts_by(int64_t size, int64_t at_once) { return (size + at_once - 1) / at_once; }
INLINED int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

// A matrix of which the entry (i, k) is from[i * row + k * column].
struct Strided {
  const float* from;
  int64_t row, column;
};

INLINED int64_t panels_of(int64_t columns) { return parts_by(columns, PANEL); }
// The size of a packed matrix [K, N].
INLINED int64_t packed_size(int64_t K, int64_t N) { return panels_of(N) * PANEL * K; }

// Turns LANES vectors of LANES numbers, by exchanging blocks of 1, 2, 4 .. numbers.
template <int BLOCK = 1>
INLINED void turn(Vector* rows) {
  if constexpr (BLOCK < LANES) {
    Integers upper, lower;
    for (int i = 0; i < LANES; i++) {
      upper[i] = i & BLOCK ? i - BLOCK + LANES : i;
      lower[i] = i & BLOCK ? i + LANES : i + BLOCK;
    }
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++) {
      if (i & BLOCK) continue;
      const Vector first = rows[i], second = rows[i + BLOCK];
      rows[i] = __builtin_shuffle(first, second, upper);
      rows[i + BLOCK] = __builtin_shuffle(first, second, lower);
    }
    turn<2 * BLOCK>(rows);
  }
}

// A panel of [K, N] from a matrix whose columns stand one after the other; returns how many rows of it, from the first.
INLINED int64_t pack_columns(const Strided& from, int64_t K, float* to) {
  int64_t k = 0;
  for (; k + LANES <= K; k += LANES)
    for (int64_t n = 0; n < PANEL; n += LANES) {
      Vector rows[LANES];
#pragma GCC unroll 16
      for (int i = 0; i < LANES; i++) rows[i] = load(from.from + k + (n + i) * from.column);
      turn(rows);
#pragma GCC unroll 16
      for (int i = 0; i < LANES; i++) store(to + (k + i) * PANEL + n, rows[i]);
    }
  return k;
}

// [K, N] panel by panel, as [N / PANEL, K, PANEL], 0 beyond N.
INLINED void pack(const Strided& from, int64_t K, int64_t N, float* to) {
  // Rows that stand together are read one after the other through all panels: the next row is in another page of memory, and asked for beforehand.
  const int64_t whole = from.column == 1 ? N / PANEL : 0;
  for (int64_t k = 0; k < K && whole > 0; k++) {
    const float* row = from.from + k * from.row;
    for (int64_t n = 0; n < whole * PANEL; n += 16) __builtin_prefetch(row + 8 * from.row + n);
    for (int64_t panel = 0; panel < whole; panel++) std::memcpy(to + (panel * K + k) * PANEL, row + panel * PANEL, PANEL * sizeof(float));
  }
  for (int64_t first = whole * PANEL; first < N; first += PANEL) {
    const int64_t width = N - first < PANEL ? N - first : PANEL;
    float* own = to + first * K;
    int64_t k = 0;
    if (from.row == 1 && width == PANEL) k = pack_columns({from.from + first * from.column, 1, from.column}, K, own);
    for (; k < K; k++) {
      const float* row = from.from + k * from.row + first * from.column;
      for (int64_t n = 0; n < width; n++) own[k * PANEL + n] = row[n * from.column];
      for (int64_t n = width; n < PANEL; n++) own[k * PANEL + n] = 0;
    }
  }
}

// c [M, N], or what is added to it: a [M, K] times a packed b [K, N], and a bias [N] if there is one.
struct Product {
  Strided a;
  const float* b;
  float* c;
  int64_t c_row;  // from one row of c to the next; its columns are side by side
  int64_t M, N, K;
  bool adds;
  const float* bias = nullptr;
  int64_t b_panel = K * PANEL;  // from one panel of b to the next
};

// ROWS rows of a panel of the product, or of its first VECTORS, or of two panels, kept in registers.
template <int ROWS, int VECTORS>
INLINED void tile(const Product& of, int64_t m, int64_t n) {
  Vector sums[ROWS][VECTORS] = {};
  const int64_t row = of.a.row, column = of.a.column, K = of.K;
  // Rows are addressed from every third one, which leaves the processor registers to count with.
  const float* starts[(ROWS + 2) / 3];
#pragma GCC unroll 8
  for (int i = 0; i < (ROWS + 2) / 3; i++) starts[i] = of.a.from + (m + 3 * i) * row;
  const float* b = of.b + n / PANEL * of.b_panel;
  for (int64_t k = 0; k < K; k++, b += PANEL) {
    Vector right[VECTORS];
#pragma GCC unroll 8
    for (int j = 0; j < VECTORS; j++) right[j] = load(b + j / 2 * of.b_panel + j % 2 * LANES);
#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++) {
      const Vector left = all(starts[i / 3][i % 3 * row]);
#pragma GCC unroll 8
      for (int j = 0; j < VECTORS; j++) sums[i][j] += left * right[j];
    }
#pragma GCC unroll 8
    for (int i = 0; i < (ROWS + 2) / 3; i++) starts[i] += column;
  }
#pragma GCC unroll 16
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 8
    for (int j = 0; j < VECTORS; j++) {
      const int64_t at = n + j * LANES, left = of.N - at, count = left < LANES ? left : LANES;
      if (count <= 0) continue;
      float* c = of.c + (m + i) * of.c_row;
      Vector sum = sums[i][j];
      if (of.adds) sum += load_at(c, at, count);
      if (of.bias) sum += load_at(of.bias, at, count);
      store_at(c, at, count, sum);
    }
}

// The last `left` rows, at most ROWS.
template <int ROWS, int VECTORS>
INLINED void last_rows(const Product& of, int64_t m, int64_t n, int64_t left) {
  if constexpr (ROWS > 0) {
    if (left == ROWS) tile<ROWS, VECTORS>(of, m, n);
    else last_rows<ROWS - 1, VECTORS>(of, m, n, left);
  }
}

template <int ROWS, int VECTORS>
INLINED void panel(const Product& of, int64_t n) {
  int64_t m = 0;
  for (; m + ROWS <= of.M; m += ROWS) tile<ROWS, VECTORS>(of, m, n);
  last_rows<ROWS - 1, VECTORS>(of, m, n, of.M - m);
}

// Rows of so many bytes apart are kept in the same places of a processor's nearest cache, which has eight of them.
constexpr int64_t CACHE_STRIDE = 4096 / sizeof(float);

inline void multiply(const Product& of) {
  const bool crowds = TILE_ROWS > 8 && of.a.row % CACHE_STRIDE == 0;
  for (int64_t n = 0; n < of.N; n += PANEL) {
    if (crowds && of.N - n > PANEL + LANES) {
      panel<TILE_ROWS / 2, 4>(of, n);
      n += PANEL;
    } else if (of.N - n > LANES) panel<TILE_ROWS, 2>(of, n);
    else panel<TILE_ROWS, 1>(of, n);
  }
}

// Memory of a thread's own, which grows to what was needed most.
class Scratch {
 public:
  explicit Scratch(std::vector<float>& memory) : memory_(memory) {}
  // How much will be taken; each piece takes up to 15 numbers more, to begin where a register's load does.
  void reserve(int64_t size, int64_t pieces) {
    if (static_cast<int64_t>(memory_.size()) < size + 16 * pieces + 16) memory_.resize(size + 16 * pieces + 16);
    const auto address = reinterpret_cast<uintptr_t>(memory_.data());
    next_ = memory_.data() + (-address % 64) / sizeof(float);
  }
  float* take(int64_t size) {
    float* piece = next_;
    next_ += (size + 15) / 16 * 16;
    return piece;
  }

 private:
  std::vector<float>& memory_;
  float* next_ = nullptr;
};

}  // namespace fused
