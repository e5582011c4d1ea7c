// Runs every function of our operations' arithmetic on memory of just the size it may touch, for odd widths and none at all. Compiled with
// AddressSanitizer and UndefinedBehaviorSanitizer, which end it at the first number beyond. With -DTOO_SHORT=1 there is one.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#ifndef LANE_COUNT
#define LANE_COUNT 16
#endif
constexpr int LANES = LANE_COUNT, TILE_ROWS = LANES > 8 ? 12 : 6;
#include "../native/fused_rows.h"
#include "../native/products.h"
#include "../native/linear.h"
#include "../native/attention.h"
#include "../native/convolution.h"

#ifndef TOO_SHORT
#define TOO_SHORT 0
#endif

using Numbers = std::vector<float>;
using Bytes = std::vector<uint8_t>;

int main() {
  for (int64_t width : {0, 1, 2, 15, 16, 17, 31, 48, 299})
    for (int64_t rows : {0, 1, 3}) {
      const int64_t size = rows * width;
      Numbers x(size, 0.5f), y(size > 1 ? size - TOO_SHORT : size), z(size), weight(width, 1), bias(width), deviation(rows), d_weight(width), d_bias(width);
      Bytes kept(size, 1);
      if (size > 1) x[1] = NAN;
      if (size > 2) x[2] = 1e-40f;
      const int64_t groups = (size + fused::DRAWN_AT_ONCE - 1) / fused::DRAWN_AT_ONCE;
      fused::draw_kept(1, 2, 30000, kept.data(), 0, groups, size);
      fused::drop(x.data(), kept.data(), 2, y.data(), size);
      for (const uint8_t* some : {static_cast<const uint8_t*>(nullptr), static_cast<const uint8_t*>(kept.data())}) {
        const fused::Activation activation = {x.data(), some, 2, y.data()};
        for (const auto& activate : {fused::gelu, fused::relu}) activate(activation, 0, size);
        for (const auto& gradient : {fused::gelu_gradient, fused::relu_gradient}) gradient(activation, x.data(), 0, size);
        fused::add_norm({x.data(), x.data(), some, 2, weight.data(), bias.data(), 1e-5f, y.data(), nullptr, nullptr, width}, 0, rows);
        fused::add_norm({x.data(), x.data(), some, 2, weight.data(), bias.data(), 1e-5f, y.data(), z.data(), deviation.data(), width}, 0, rows);
        Numbers d_change(some ? size : 0);
        fused::add_norm_gradient({x.data(), z.data(), deviation.data(), weight.data(), some, 2, y.data(), d_change.data(), width}, 0, rows, d_weight.data(), d_bias.data());
      }
      fused::add_to_rows(y.data(), bias.data(), width, 0, rows);
      Numbers first(size), second(size);
      fused::square_sum(x.data(), 0, size);
      fused::adam_w({x.data(), z.data(), first.data(), second.data(), y.data()}, {1, 1, 0.9f, 0.1f, 0.99f, 0.01f, 0.1f, 1, 1e-8f}, 0, size);
    }
  for (int64_t M : {0, 1, 5, 6, 13})
    for (int64_t N : {0, 1, 16, 33})
      for (int64_t K : {0, 1, 7}) {
        Numbers a(M * K, 1), b(K * N, 2), packed(fused::packed_size(K, N)), c(M * N);
        fused::pack({b.data(), N, 1}, K, N, packed.data());
        for (bool adds : {false, true}) {
          fused::multiply({{a.data(), K, 1}, packed.data(), c.data(), N, M, N, K, adds});
          fused::multiply({{a.data(), 1, M}, packed.data(), c.data(), N, M, N, K, adds});
        }
      }
  // Rows of 2048 numbers crowd in a cache. Row m of x picks one row of the weight, so that each sum is exact.
  for (int64_t M : {0, 1, 13})
    for (int64_t N : {0, 1, 33, 65, 70})
      for (int64_t K : {0, 1, 17, 100, 2048})
        for (bool is_transposed : {false, true}) {
          Numbers x(M * K), weight(K * N), bias(N, 0.5f), packed(fused::packed_size(K, N)), y(M * N), memory;
          const fused::Strided columns = {weight.data(), is_transposed ? 1 : N, is_transposed ? K : 1};
          const auto entry = [](int64_t k, int64_t n) { return static_cast<float>(100 * k + n); };
          for (int64_t k = 0; k < K; k++)
            for (int64_t n = 0; n < N; n++) weight[k * columns.row + n * columns.column] = entry(k, n);
          for (int64_t m = 0; m < M && K > 0; m++) x[m * K + 7 * m % K] = 1;
          fused::pack(columns, K, N, packed.data());
          for (const float* before : {static_cast<const float*>(nullptr), static_cast<const float*>(packed.data())}) {
            fused::linear({x.data(), columns, before, bias.data(), y.data(), M, N, K}, 0, M, 0, N, fused::Scratch(memory));
            for (int64_t i = 0; i < M * N; i++)
              if (y[i] != (K > 0 ? entry(7 * (i / N) % K, i % N) : 0) + 0.5f) return 1;
          }
        }
  for (int64_t c : {1, 3, 20})
    for (int64_t o : {1, 40})
      for (int64_t before : {0, 2}) {
        const int64_t B = 2, T = 5, K = 3, G = 2, F = T + before - K + 1;
        const fused::Grouped of = {B, T, F, K, G, c, o, before};
        Numbers x(B * T * G * c, 1), filter(K * c * G * o, 1), bias(G * o), y(B * F * G * o), dx(x), d_filter(filter), memory;
        for (int64_t g = 0; g < G; g++) {
          fused::convolve_group(of, g, x.data(), filter.data(), bias.data(), y.data(), fused::Scratch(memory));
          fused::group_input_gradient(of, g, filter.data(), y.data(), dx.data(), fused::Scratch(memory));
          fused::group_filter_gradient(of, g, x.data(), y.data(), d_filter.data(), fused::Scratch(memory));
        }
      }
  for (int64_t T : {1, 3, 100})
    for (int64_t stride : {1, 2})
      for (int64_t K : {1, 3}) {
        if (K > T) continue;
        const int64_t C = 3, O = 17, F = (T - K) / stride + 1;
        Numbers x(T * C, 1), filter(K * C * O, 1), packed(fused::packed_size(K * C, O)), bias(O), y(F * O);
        fused::pack({filter.data(), O, 1}, K * C, O, packed.data());
        fused::convolve({x.data(), packed.data(), bias.data(), y.data(), T, C, K, stride, F, O}, 0, F);
      }
  // Two sequences of two heads; with an index, the last position of each has no row.
  for (int64_t Q : {0, 1, 5, 50})
    for (int64_t K : {0, 1, 17, 50})
      for (int64_t width : {1, 3, 17})
        for (bool packed : {false, true})
          for (bool drops : {false, true}) {
            const int64_t B = 2, H = 2;
            const auto places = [&](int64_t T, std::vector<int32_t>& rows) {
              int32_t count = 0;
              for (int64_t t = 0; t < B * T; t++) rows.push_back(t % T + 1 < T ? count++ : -1);
              return fused::Positions{packed ? rows.data() : nullptr, T, packed ? count : B * T};
            };
            std::vector<int32_t> own_rows, other_rows;
            const auto own = places(Q, own_rows), other = places(K, other_rows);
            Numbers queries(own.count * H * width, 0.5f), read(queries), d_queries(queries), keys(other.count * H * width, 0.25f), d_keys(keys), d_values(keys), mask(B * K, 1);
            if (K > 1) mask[1] = 0;
            Bytes kept(B * H * Q * K, 1);
            const fused::Attention of = {queries.data(), keys.data(), keys.data(), mask.data(), drops ? kept.data() : nullptr, own, other, H, width, 2, 0.5f};
            for (int64_t part = 0; part < B * H; part++) {
              Numbers memory;
              const fused::Head head(of, part);
              head.forward(read.data(), fused::Scratch(memory));
              head.backward({read.data(), d_queries.data(), d_keys.data(), d_values.data()}, fused::Scratch(memory));
            }
          }
  std::puts("nothing beyond");
}
