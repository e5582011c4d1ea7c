// Runs every function of experts.h on memory of just the size it may touch, for odd widths, ranks and lengths, and none at all. Compiled with
// AddressSanitizer and UndefinedBehaviorSanitizer, which end it at the first number beyond. With -DTOO_SHORT=1 there is one.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>
constexpr int LANES = 16, TILE_ROWS = 12;
#include "../native/fused_rows.h"
#include "../native/products.h"
#include "../native/experts.h"

#ifndef TOO_SHORT
#define TOO_SHORT 0
#endif

using Numbers = std::vector<float>;
using Integers = std::vector<int32_t>;

void run(int64_t B, int64_t T, int64_t D, int64_t taps, const Integers& ranks) {
  const int64_t N = ranks.size();
  Numbers mask(B * T), gates(B * N, 0.5f);
  Integers held(B * N), used(B * N);
  for (int64_t b = 0; b < B; b++)
    for (int64_t t = 0; t < T - b; t++) mask[b * T + t] = 1;
  for (int64_t i = 0; i < B * N; i++) held[i] = i % 3 != 1, used[i] = i % 4 != 0;
  const fused::Experts of(ranks.data(), held.data(), mask.data(), B, T, N);
  const int64_t S = of.columns();
  Numbers x(B * T * D, 1), down(taps * D * S, 1), bias(S, 1), up(S * D, 1), units(of.size > 0 ? of.size - TOO_SHORT : 0);
  Numbers y(x.size()), d_units(of.size), d_down(down.size()), d_bias(S), d_up(up.size()), along_time(B * S), memory;
  const fused::Share all = {nullptr, nullptr}, some = {used.data(), gates.data()};
  const fused::Scratch scratch(memory);
  for (int64_t panel = 0; panel < fused::parts_by(S, fused::PANEL); panel++) {
    fused::make_units(of, all, {D, taps}, x.data(), {down.data(), S, 1}, panel, 0, B, scratch,
                      [&](int64_t b, const float* sums) { fused::write_units(of, b, panel, sums, bias.data(), units.data()); });
    fused::make_units(of, some, {D, 1}, x.data(), {up.data(), 1, D}, panel, 0, B, scratch, [&](int64_t b, const float* sums) {
      fused::write_units_gradient(of, some, b, panel, sums, units.data(), d_units.data(), along_time.data());
    });
  }
  for (int64_t panel = 0; panel < fused::parts_by(D, fused::PANEL); panel++) {
    fused::fill_panel(of, D, panel, 0, B, y.data(), [](int64_t, int64_t, int64_t) { return fused::all(1.0f); });
    fused::make_frames(of, some, {D, 1}, units.data(), {up.data(), D, 1}, 0, panel, 0, B, scratch, y.data());
    fused::make_frames(of, all, {D, taps}, d_units.data(), {down.data(), 1, S}, D * S, panel, 0, B, scratch, y.data());
  }
  for (int64_t column = 0; column < S; column += fused::COLUMNS_AT_ONCE)
    for (int64_t channel = 0; channel < D; channel += fused::CHANNELS_AT_ONCE) {
      fused::weights_gradient(of, all, {D, taps}, x.data(), d_units.data(), channel, column, scratch, d_down.data() + channel * S + column, S, D * S,
                              channel == 0 ? d_bias.data() : nullptr);
      fused::transposed_gradient(of, some, D, x.data(), units.data(), channel, column, scratch, d_up.data());
    }
  for (int64_t b = 0; b < B; b++) fused::add_row(x.data(), y.data(), 2, T * D);
}

int main() {
  for (int64_t B : {0, 1, 5})
    for (int64_t T : {1, 2, 3, 14, 131})
      for (int64_t D : {1, 31, 33, 258})
        for (const Integers& ranks : {Integers{}, Integers{0}, Integers{3, 0, 32, 1}, Integers{64, 70}})
          for (int64_t taps : {1, 3, 5})
            if (B * T < 200 || D < 100) run(B, T, D, taps, ranks);
  std::puts("nothing beyond");
}
