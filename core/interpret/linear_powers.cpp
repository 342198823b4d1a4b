// All powers come from squares and products, so that their number decides the time. The powers in W lanes are W/4
// matrices times four others: chunks of 4 in lane x = 4 i + j go to the power 4 (i + 1) + W j, chunks of 1 to 4 i + (j
// + 1).
#include "linear_powers.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>

namespace sinter::interpret {
namespace {

constexpr uint32_t kMaxWidth = 16, kMaxSquares = 6;  // up to A^(2 W)

// What does not fit an f32 is as large as fits: silence through a filter that explodes stays silence, and 0 · inf is
// not 0.
float narrowed(double x) {
  constexpr double most = std::numeric_limits<float>::max();
  return x == x ? static_cast<float>(std::clamp(x, -most, most)) : 0.0f;
}

template <uint32_t N>
struct Matrix {
  double at[N][N];
};

template <uint32_t N>
Matrix<N> operator*(const Matrix<N>& a, const Matrix<N>& b) {
  Matrix<N> product;
  for (uint32_t k = 0; k < N; ++k)
    for (uint32_t l = 0; l < N; ++l) {
      double sum = 0;
      for (uint32_t m = 0; m < N; ++m) sum += a.at[k][m] * b.at[m][l];
      product.at[k][l] = sum;
    }
  return product;
}

template <uint32_t N>
Matrix<N> identity() {
  Matrix<N> made{};
  for (uint32_t k = 0; k < N; ++k) made.at[k][k] = 1;
  return made;
}

// Four matrices side by side.
template <uint32_t N>
struct Four {
  double at[N][N][4];
  Four(const Matrix<N>& a, const Matrix<N>& b, const Matrix<N>& c, const Matrix<N>& d) {
    for (uint32_t k = 0; k < N; ++k)
      for (uint32_t l = 0; l < N; ++l) {
        at[k][l][0] = a.at[k][l];
        at[k][l][1] = b.at[k][l];
        at[k][l][2] = c.at[k][l];
        at[k][l][3] = d.at[k][l];
      }
  }
};

template <uint32_t N>
void write_lanes(const Matrix<N>* factors, const Four<N>& four, uint32_t width, float* to) {
  for (uint32_t i = 0; i < width / 4; ++i)
    for (uint32_t k = 0; k < N; ++k)
      for (uint32_t l = 0; l < N; ++l) {
        double sum[4] = {};
        for (uint32_t m = 0; m < N; ++m)
          for (uint32_t j = 0; j < 4; ++j) sum[j] += factors[i].at[k][m] * four.at[m][l][j];
        float* const lanes = to + (k * N + l) * width + 4 * i;
        for (uint32_t j = 0; j < 4; ++j) lanes[j] = narrowed(sum[j]);
      }
}

template <uint32_t N>
void write_matrix(const Matrix<N>& matrix, float* to) {
  for (uint32_t k = 0; k < N; ++k)
    for (uint32_t l = 0; l < N; ++l) to[k * N + l] = narrowed(matrix.at[k][l]);
}

// What an input adds to the states after the rest of its chunk, the last sample of it first.
template <uint32_t N>
void write_gains(const Matrix<N>& a, const double (*column)[N], uint32_t inputs, const LinearTable& table,
                 uint8_t* numbers) {
  for (uint32_t j = 0; j < inputs; ++j) {
    double gain[N];
    for (uint32_t k = 0; k < N; ++k) gain[k] = column[j][k];
    for (uint32_t later = 0; later < 4; ++later) {
      for (const LinearTable::Version& version : table.versions) {
        if (later >= version.samples) continue;
        float* const to =
            reinterpret_cast<float*>(numbers + version.gain) + ((version.samples - 1 - later) * inputs + j) * N;
        for (uint32_t k = 0; k < N; ++k) to[k] = narrowed(gain[k]);
      }
      double next[N];
      for (uint32_t k = 0; k < N; ++k) {
        next[k] = 0;
        for (uint32_t m = 0; m < N; ++m) next[k] += a.at[k][m] * gain[m];
      }
      for (uint32_t k = 0; k < N; ++k) gain[k] = next[k];
    }
  }
}

// What each output takes from the states at a chunk's start, sample by sample, and so from what an input left in them.
template <uint32_t N>
void write_outputs(const Matrix<N>& a, const Matrix<N>& back, const double (*column)[N], const LinearSystem& system,
                   const LinearTable& table, uint8_t* numbers) {
  const auto inputs = static_cast<uint32_t>(table.inputs.size());
  for (uint32_t o = 0; o < table.outputs.size(); ++o) {
    const double* const row = system.row[N + o];
    double taken[N];
    for (uint32_t l = 0; l < N; ++l) {
      taken[l] = 0;
      for (uint32_t m = 0; m < N; ++m) taken[l] += row[m] * back.at[m][l];
    }
    for (uint32_t p = 0; p < 4; ++p) {
      double next[N] = {}, entered[kMaxLinearInputs] = {};
      for (uint32_t l = 0; l < N; ++l)
        for (uint32_t m = 0; m < N; ++m) next[l] += taken[m] * a.at[m][l];
      for (uint32_t j = 0; j < inputs; ++j)
        for (uint32_t m = 0; m < N; ++m) entered[j] += taken[m] * column[j][m];
      for (const LinearTable::Version& version : table.versions) {
        const uint32_t samples = version.samples;
        if (p >= samples) continue;
        float* const start = reinterpret_cast<float*>(numbers + version.start) + (o * samples + p) * N;
        float* const enter = reinterpret_cast<float*>(numbers + version.enter) + o * samples * inputs;
        for (uint32_t l = 0; l < N; ++l) start[l] = narrowed(taken[l]);
        for (uint32_t j = 0; j < inputs; ++j) {
          if (p == 0) enter[j] = narrowed(row[N + j]);
          if (p + 1 < samples) enter[(p + 1) * inputs + j] = narrowed(entered[j]);
        }
      }
      for (uint32_t l = 0; l < N; ++l) taken[l] = next[l];
    }
  }
}

template <uint32_t N>
Matrix<N> matrix_of(const Basis& basis) {
  Matrix<N> made = identity<N>();
  if constexpr (N == 2) made = {{{basis.cosine, basis.sine}, {-basis.sine, basis.cosine}}};
  return made;
}

template <uint32_t N>
void write(const LinearTable& table, const LinearSystem& system, const Basis& basis, uint8_t* numbers) {
  const auto inputs = static_cast<uint32_t>(table.inputs.size());
  const uint32_t width = table.width, steps = static_cast<uint32_t>(std::bit_width(width)) - 1;
  assert(width >= 4 && width <= kMaxWidth && table.versions[0].samples == 4 && table.versions[1].samples == 1);
  Matrix<N> a;
  double column[kMaxLinearInputs][N];
  for (uint32_t k = 0; k < N; ++k) {
    for (uint32_t l = 0; l < N; ++l) a.at[k][l] = system.row[k][l];
    for (uint32_t j = 0; j < inputs; ++j) column[j][k] = system.row[k][N + j];
  }
  const Matrix<N> back = matrix_of<N>(basis.inverse());
  if constexpr (N == 2) {
    const Matrix<N> there = matrix_of<N>(basis);
    a = there * a * back;
    for (uint32_t j = 0; j < inputs; ++j) {
      const double x = column[j][0], y = column[j][1];
      column[j][0] = basis.cosine * x + basis.sine * y;
      column[j][1] = basis.cosine * y - basis.sine * x;
    }
  }
  write_matrix(back, reinterpret_cast<float*>(numbers + table.back));
  write_gains<N>(a, column, inputs, table, numbers);
  write_outputs<N>(a, back, column, system, table, numbers);

  Matrix<N> square[kMaxSquares] = {a};  // A^(2^e)
  for (uint32_t e = 1; e < steps + 2; ++e) square[e] = square[e - 1] * square[e - 1];
  Matrix<N> fourth[kMaxWidth / 4 + 1] = {identity<N>(), square[2]};  // A^(4 i)
  for (uint32_t i = 2; i <= width / 4; ++i) fourth[i] = fourth[i - 1] * square[2];
  const Matrix<N>& whole = square[steps];  // A^W
  const Four<N> rows[2] = {{fourth[0], whole, square[steps + 1], square[steps + 1] * whole},
                           {a, square[1], square[1] * a, square[2]}};
  for (uint32_t v = 0; v < 2; ++v) {
    const LinearTable::Version& version = table.versions[v];
    const bool chunks = v == 0;
    write_lanes(fourth + chunks, rows[v], width, reinterpret_cast<float*>(numbers + version.lane));
    for (uint32_t e = 0; e < steps; ++e)
      write_matrix(square[chunks ? e + 2 : e], reinterpret_cast<float*>(numbers + version.step) + e * N * N);
  }
}

}  // namespace

void write_powers(const LinearTable& table, const LinearSystem& system, const Basis& basis, uint8_t* numbers) noexcept {
  using Writer = void (*)(const LinearTable&, const LinearSystem&, const Basis&, uint8_t*);
  constexpr Writer kWriters[kMaxLinearStates] = {write<1>, write<2>, write<3>, write<4>,
                                                 write<5>, write<6>, write<7>, write<8>};
  kWriters[table.states() - 1](table, system, basis, numbers);
}

}  // namespace sinter::interpret
