// The bytes in which External nodes save what they remember: little-endian words between a mark and a checksum.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "sinter/base/fingerprint.hpp"

namespace sinter::nodes {

/// Of all bytes: what is damaged or cut off does not fit it.
inline uint64_t checksum(std::span<const uint8_t> bytes) {
  Fingerprint print;
  print.word(bytes.size());
  for (const uint8_t byte : bytes) print.word(byte);
  return print.value();
}

/// Control thread.
class ByteWriter {
 public:
  /// `mark` says whose bytes these are and in which version.
  explicit ByteWriter(uint32_t mark) { word(mark); }
  void word(uint32_t x) {
    for (int shift = 0; shift < 32; shift += 8) bytes_.push_back(static_cast<uint8_t>(x >> shift));
  }
  void samples(std::span<const float> samples) {
    word(static_cast<uint32_t>(samples.size()));
    for (const float sample : samples) word(std::bit_cast<uint32_t>(sample));
  }
  std::vector<uint8_t> finish() {
    const uint64_t sum = checksum(bytes_);
    word(static_cast<uint32_t>(sum));
    word(static_cast<uint32_t>(sum >> 32));
    return std::move(bytes_);
  }

 private:
  std::vector<uint8_t> bytes_;
};

/// Reads what a ByteWriter of the same mark made; of anything else, and past the end, it reads zeros and has failed.
class ByteReader {
 public:
  ByteReader(std::span<const uint8_t> bytes, uint32_t mark) : left_(bytes) {
    if (bytes.size() < 12) {
      fail();
      return;
    }
    const std::span<const uint8_t> body = bytes.first(bytes.size() - 8);
    left_ = bytes.last(8);
    const uint64_t low = word(), high = word();
    left_ = body;
    if ((low | high << 32) != checksum(body) || word() != mark) fail();
  }
  uint32_t word() {
    if (left_.size() < 4) return fail(), 0;
    uint32_t x = 0;
    for (uint32_t i = 0; i < 4; ++i) x |= uint32_t{left_[i]} << 8 * i;
    left_ = left_.subspan(4);
    return x;
  }
  /// Exactly as many finite samples as there is room for; false where the bytes have others.
  bool samples(std::span<float> samples) {
    if (word() != samples.size() || left_.size() / 4 < samples.size()) return fail(), false;
    for (float& sample : samples) {
      sample = std::bit_cast<float>(word());
      if (!std::isfinite(sample)) fail();
    }
    return !failed_;
  }
  bool failed() const { return failed_; }
  bool at_end() const { return !failed_ && left_.empty(); }

 private:
  void fail() { failed_ = true, left_ = {}; }
  std::span<const uint8_t> left_;
  bool failed_ = false;
};

}  // namespace sinter::nodes
