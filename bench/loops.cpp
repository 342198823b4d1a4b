// The loops themselves; SINTER_FLAVOUR is set by the build.
#include "loops.hpp"

#include <cmath>
#include <span>
#include <stdexcept>

namespace sinter::loops::SINTER_FLAVOUR {
namespace {

float checked(std::span<const float> row, std::size_t i) {
  if (i >= row.size()) throw std::out_of_range("row");
  return row[i];
}
float& checked(std::span<float> row, std::size_t i) {
  if (i >= row.size()) throw std::out_of_range("row");
  return row[i];
}

}  // namespace

void affine(const float* in, float* out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = 0.5f * in[i] + 1.0f;
}

void affine_checked(const float* in, float* out, std::size_t n) {
  const std::span<const float> from(in, n);
  const std::span<float> to(out, n);
  for (std::size_t i = 0; i < n; ++i) checked(to, i) = 0.5f * checked(from, i) + 1.0f;
}

void shaper(const float* in, float* out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float driven = std::tanh(in[i] * 1.7f + 0.1f);
    out[i] = std::abs(std::sin(driven * 2.3f) + 0.05f) * 0.8f;
  }
}

void cheap200(const float* in, float* out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    float x = in[i];
    for (int k = 0; k < 100; ++k) x = x * (0.5f + 0.004f * static_cast<float>(k)) + 0.01f * static_cast<float>(k);
    out[i] = x;
  }
}

void eight_ops(const float* in, float* out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float x = in[i];
    out[i] = (((x * 0.5f + 0.25f) * x - 0.125f) * x + 0.75f) * 0.9f - 0.05f;
  }
}

}  // namespace sinter::loops::SINTER_FLAVOUR
