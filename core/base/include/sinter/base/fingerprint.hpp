// 64-bit fingerprints of content: what decides a signal, what a file holds. Equal content gives an equal print, on
// every machine. No defence against somebody who looks for collisions.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

namespace sinter {

/// FNV-1a, 64 bits (G. Fowler, L. C. Noll, K.-P. Vo): for short texts, the same on every machine. Any thread.
constexpr uint64_t hash_text(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

/// Takes words in order; every one of them changes the value. Any thread.
class Fingerprint {
 public:
  Fingerprint& word(uint64_t x) {
    state_ = mix(state_ * 0x9e3779b97f4a7c15u + x);
    return *this;
  }
  Fingerprint& real(double x) { return word(std::bit_cast<uint64_t>(x)); }
  Fingerprint& text(std::string_view text) { return word(text.size()).word(hash_text(text)); }
  Fingerprint& samples(std::span<const float> samples) {
    word(samples.size());
    for (const float sample : samples) word(std::bit_cast<uint32_t>(sample));
    return *this;
  }
  /// Never 0, which stands for "unknown" where prints are kept.
  uint64_t value() const { return state_ != 0 ? state_ : 1; }

  /// Spreads every bit over all others: the finaliser of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, 2014).
  static constexpr uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
  }

 private:
  uint64_t state_ = 0x243f6a8885a308d3u;  // digits of π: a first word of 0 must count
};

}  // namespace sinter
