// Runs every function of fused_rows.h on memory of just the size it may touch, for odd widths and none at all. Compiled with
// AddressSanitizer and UndefinedBehaviorSanitizer, which end it at the first number beyond. With -DTOO_SHORT=1 there is one.
#include "../native/fused_rows.h"
#include <cstdio>
#include <vector>

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
      const std::vector<int32_t> index(rows, static_cast<int32_t>(rows) - 1), beyond(rows, static_cast<int32_t>(rows));
      for (const auto* one : {&index, &beyond}) {
        fused::split_heads({x.data(), one->data(), y.data(), rows, 1, 1, width}, 0, rows);
        fused::merge_heads({x.data(), one->data(), y.data(), rows, 1, 1, width}, 0, rows);
      }
      const int64_t groups = (size + fused::DRAWN_AT_ONCE - 1) / fused::DRAWN_AT_ONCE;
      fused::draw_kept(1, 2, 30000, kept.data(), 0, groups, size);
      fused::drop(x.data(), kept.data(), 2, y.data(), size);
      for (const uint8_t* some : {static_cast<const uint8_t*>(nullptr), static_cast<const uint8_t*>(kept.data())}) {
        const fused::Activation activation = {x.data(), some, 2, y.data()};
        for (const auto& activate : {fused::gelu, fused::relu}) activate(activation, 0, size);
        for (const auto& gradient : {fused::gelu_gradient, fused::relu_gradient}) gradient(activation, x.data(), 0, size);
        fused::add_norm({x.data(), x.data(), some, 2, weight.data(), bias.data(), 1e-5f, y.data(), z.data(), deviation.data(), width}, 0, rows);
        Numbers d_change(some ? size : 0);
        fused::add_norm_gradient({x.data(), z.data(), deviation.data(), weight.data(), some, 2, y.data(), d_change.data(), width}, 0, rows, d_weight.data(), d_bias.data());
        Numbers mask(width, 1);
        fused::softmax({x.data(), mask.data(), y.data(), 0.5f, width, rows + 1}, 0, rows);
        fused::softmax_gradient({y.data(), x.data(), some, 2, 0.5f, z.data(), width}, 0, rows);
      }
      fused::add_to_rows(y.data(), bias.data(), width, 0, rows);
      Numbers first(size), second(size);
      fused::square_sum(x.data(), 0, size);
      fused::adam_w({x.data(), z.data(), first.data(), second.data(), y.data()}, {1, 1, 0.9f, 0.1f, 0.99f, 0.01f, 0.1f, 1, 1e-8f}, 0, size);
    }
  std::puts("nothing beyond");
}
