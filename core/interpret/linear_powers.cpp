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
template <uint32_t Count>
void narrow(const double* from, float* to) {
  constexpr double most = std::numeric_limits<float>::max();
  for (uint32_t i = 0; i < Count; ++i)
    to[i] = from[i] == from[i] ? static_cast<float>(std::clamp(from[i], -most, most)) : 0.0f;
}

template <uint32_t N>
struct Matrix {
  double at[N][N];
};

// Of each state the first of its section and one past the last: row k of a matrix is 0 from end(k) on, column l before
// begin(l). These zeros take part in no sum: in a filter that explodes 0 · inf would spoil the sections behind it.
template <uint32_t N>
struct Series {
  explicit Series(const LinearTable& table) {
    for (uint32_t k = 0, s = 0, first = 0; k < N; ++k) {
      if (k == first + table.sections[s]) first += table.sections[s++];
      begins[k] = first;
      ends[k] = first + table.sections[s];
    }
  }
  uint32_t begin(uint32_t l) const { return begins[l]; }
  uint32_t end(uint32_t k) const { return ends[k]; }
  uint32_t begins[N], ends[N];
};
// All of `Rows` states, so that the compiler knows.
template <uint32_t Rows>
struct Even {
  explicit Even(const LinearTable&) {}
  static constexpr uint32_t begin(uint32_t l) { return l / Rows * Rows; }
  static constexpr uint32_t end(uint32_t k) { return k / Rows * Rows + Rows; }
};

template <uint32_t N, class S>
Matrix<N> product(const Matrix<N>& a, const Matrix<N>& b, const S& sections) {
  Matrix<N> result{};
  for (uint32_t k = 0; k < N; ++k)
    for (uint32_t l = 0; l < sections.end(k); ++l) {
      double sum = 0;
      for (uint32_t m = sections.begin(l); m < sections.end(k); ++m) sum += a.at[k][m] * b.at[m][l];
      result.at[k][l] = sum;
    }
  return result;
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

template <uint32_t N, class S>
void write_lanes(const Matrix<N>* factors, const Four<N>& four, const S& sections, uint32_t width, float* to) {
  for (uint32_t i = 0; i < width / 4; ++i)
    for (uint32_t k = 0; k < N; ++k)
      for (uint32_t l = 0; l < sections.end(k); ++l) {
        double sum[4] = {};
        for (uint32_t m = sections.begin(l); m < sections.end(k); ++m)
          for (uint32_t j = 0; j < 4; ++j) sum[j] += factors[i].at[k][m] * four.at[m][l][j];
        narrow<4>(sum, to + (k * N + l) * width + 4 * i);
      }
}

template <uint32_t N>
void write_matrix(const Matrix<N>& matrix, float* to) {
  narrow<N * N>(matrix.at[0], to);
}

// What an input adds to the states after the rest of its chunk, the last sample of it first.
template <uint32_t N, class S>
void write_gains(const Matrix<N>& a, const double (*column)[N], const S& sections, const LinearTable& table,
                 uint8_t* numbers) {
  const auto inputs = static_cast<uint32_t>(table.inputs.size());
  for (uint32_t j = 0; j < inputs; ++j) {
    double gain[N];
    for (uint32_t k = 0; k < N; ++k) gain[k] = column[j][k];
    for (uint32_t later = 0; later < 4; ++later) {
      for (const LinearTable::Version& version : table.versions) {
        if (later >= version.samples) continue;
        float* const to =
            reinterpret_cast<float*>(numbers + version.gain) + ((version.samples - 1 - later) * inputs + j) * N;
        narrow<N>(gain, to);
      }
      double next[N];
      for (uint32_t k = 0; k < N; ++k) {
        next[k] = 0;
        for (uint32_t m = 0; m < sections.end(k); ++m) next[k] += a.at[k][m] * gain[m];
      }
      for (uint32_t k = 0; k < N; ++k) gain[k] = next[k];
    }
  }
}

// What each output takes from the states at a chunk's start, sample by sample, and so from what an input left in them.
template <uint32_t N, class S>
void write_outputs(const Matrix<N>& a, const Matrix<N>& back, const double (*column)[N], const S& sections,
                   const LinearSystem& system, const LinearTable& table, uint8_t* numbers) {
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
        for (uint32_t m = sections.begin(l); m < N; ++m) next[l] += taken[m] * a.at[m][l];
      for (uint32_t j = 0; j < inputs; ++j)
        for (uint32_t m = 0; m < N; ++m) entered[j] += taken[m] * column[j][m];
      for (const LinearTable::Version& version : table.versions) {
        const uint32_t samples = version.samples;
        if (p >= samples) continue;
        float* const start = reinterpret_cast<float*>(numbers + version.start) + (o * samples + p) * N;
        float* const enter = reinterpret_cast<float*>(numbers + version.enter) + o * samples * inputs;
        narrow<N>(taken, start);
        for (uint32_t j = 0; j < inputs; ++j) {
          if (p == 0) narrow<1>(row + N + j, enter + j);
          if (p + 1 < samples) narrow<1>(entered + j, enter + (p + 1) * inputs + j);
        }
      }
      for (uint32_t l = 0; l < N; ++l) taken[l] = next[l];
    }
  }
}

// P, or its inverse.
template <uint32_t N>
Matrix<N> matrix_of(const LinearTable& table, const Basis* bases, bool inverse) {
  Matrix<N> made = identity<N>();
  uint32_t k = 0;
  for (size_t s = 0; s < table.sections.size(); k += table.sections[s++]) {
    if (table.sections[s] != 2) continue;
    const Basis basis = inverse ? bases[s].inverse() : bases[s];
    made.at[k][k] = made.at[k + 1][k + 1] = basis.cosine;
    made.at[k][k + 1] = basis.sine;
    made.at[k + 1][k] = -basis.sine;
  }
  return made;
}

// A~ and B~. Where no section has two states they are A and B.
template <uint32_t N, class S>
void turn(const Matrix<N>& there, const Matrix<N>& back, const S& sections, uint32_t inputs, Matrix<N>& a,
          double (*column)[N]) {
  a = product(product(there, a, sections), back, sections);
  for (uint32_t j = 0; j < inputs; ++j) {
    double turned[N] = {};
    for (uint32_t k = 0; k < N; ++k)
      for (uint32_t l = sections.begin(k); l < sections.end(k); ++l) turned[k] += there.at[k][l] * column[j][l];
    std::copy_n(turned, N, column[j]);
  }
}

template <uint32_t N, class S>
void write(const LinearTable& table, const LinearSystem& system, const Basis* bases, uint8_t* numbers) {
  const auto inputs = static_cast<uint32_t>(table.inputs.size());
  const uint32_t width = table.width, steps = static_cast<uint32_t>(std::bit_width(width)) - 1;
  assert(width >= 4 && width <= kMaxWidth && table.versions[0].samples == 4 && table.versions[1].samples == 1);
  Matrix<N> a;
  double column[kMaxLinearInputs][N];
  for (uint32_t k = 0; k < N; ++k) {
    for (uint32_t l = 0; l < N; ++l) a.at[k][l] = system.row[k][l];
    for (uint32_t j = 0; j < inputs; ++j) column[j][k] = system.row[k][N + j];
  }
  const S sections(table);
  const Matrix<N> back = matrix_of<N>(table, bases, true);
  if (std::find(table.sections.begin(), table.sections.end(), 2u) != table.sections.end())
    turn(matrix_of<N>(table, bases, false), back, sections, inputs, a, column);
  write_matrix(back, reinterpret_cast<float*>(numbers + table.back));
  write_gains(a, column, sections, table, numbers);
  write_outputs(a, back, column, sections, system, table, numbers);

  const auto times = [&](const Matrix<N>& x, const Matrix<N>& y) { return product(x, y, sections); };
  Matrix<N> square[kMaxSquares] = {a};  // A^(2^e)
  for (uint32_t e = 1; e < steps + 2; ++e) square[e] = times(square[e - 1], square[e - 1]);
  Matrix<N> fourth[kMaxWidth / 4 + 1] = {identity<N>(), square[2]};  // A^(4 i)
  for (uint32_t i = 2; i <= width / 4; ++i) fourth[i] = times(fourth[i - 1], square[2]);
  const Matrix<N>& whole = square[steps];  // A^W
  const Four<N> rows[2] = {{fourth[0], whole, square[steps + 1], times(square[steps + 1], whole)},
                           {a, square[1], times(square[1], a), square[2]}};
  for (uint32_t v = 0; v < 2; ++v) {
    const LinearTable::Version& version = table.versions[v];
    const bool chunks = v == 0;
    write_lanes(fourth + chunks, rows[v], sections, width, reinterpret_cast<float*>(numbers + version.lane));
    for (uint32_t e = 0; e < steps; ++e)
      write_matrix(square[chunks ? e + 2 : e], reinterpret_cast<float*>(numbers + version.step) + e * N * N);
  }
}

}  // namespace

void write_powers(const LinearTable& table, const LinearSystem& system, const Basis* bases, uint8_t* numbers) noexcept {
  using Writer = void (*)(const LinearTable&, const LinearSystem&, const Basis*, uint8_t*);
  constexpr Writer kSingle[kMaxLinearStates] = {write<1, Even<1>>, write<2, Even<2>>, write<3, Even<3>>,
                                                write<4, Even<4>>, write<5, Even<5>>, write<6, Even<6>>,
                                                write<7, Even<7>>, write<8, Even<8>>};
  constexpr Writer kPairs[] = {write<2, Even<1>>, write<3, Series<3>>, write<4, Even<2>>};
  const bool pair = table.sections.size() > 1;
  assert(!pair || (table.states() >= 2 && table.states() <= 4));
  (pair ? kPairs[table.states() - 2] : kSingle[table.states() - 1])(table, system, bases, numbers);
}

}  // namespace sinter::interpret
