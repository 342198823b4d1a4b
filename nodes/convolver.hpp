// Convolution with a long impulse response without latency, the same bits however the signal is cut into calls.
//
// The first taps are a direct FIR, sample by sample; the rest are partitions of 64 and then of 1,024 taps, multiplied
// as spectra (overlap-save). All FFT work happens at absolute lines of 64 samples, and that of a long partition's
// period is spread over its 16 lines. After W. G. Gardner, Efficient convolution without input-output delay, J. Audio
// Eng. Soc. 43 (1995), and G. Garcia, Optimal filter partition for efficient convolution with short input/output delay,
// AES 113 (2002).
#pragma once

#include <kiss_fftr.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "bytes.hpp"

namespace sinter::nodes {

inline constexpr uint32_t kConvolverLine = 64;

/// The transforms of one partition size, with their scratch. Used by one thread at a time.
class Transform {
 public:
  explicit Transform(uint32_t size);  ///< partition size: transforms have 2 · size points
  uint32_t size() const { return size_; }
  uint32_t bins() const { return size_ + 1; }
  /// 2 · size samples to bins() real and as many imaginary parts.
  void forward(const float* samples, float* real, float* imaginary) noexcept;
  /// The last `size` of the 2 · size samples, scaled to undo forward().
  void inverse(const float* real, const float* imaginary, float* samples) noexcept;
  static uint64_t memory_bytes(uint32_t size);

 private:
  struct Free {
    void operator()(kiss_fftr_cfg config) const { kiss_fftr_free(config); }
  };
  using Config = std::unique_ptr<kiss_fftr_state, Free>;
  uint32_t size_;
  Config forward_, inverse_;
  std::vector<float> time_;
  std::vector<kiss_fft_cpx> spectrum_;
};

/// Spectra of the taps that one partition size covers. Immutable.
struct PartitionedTaps {
  uint32_t parts = 0;
  std::vector<float> real, imaginary;  ///< part after part, bins() each

  PartitionedTaps(std::span<const float> taps, Transform& transform);
};

/// What one channel remembers for one partition size.
class PartitionedTail {
 public:
  PartitionedTail(const PartitionedTaps& taps, Transform& transform);
  /// Takes the line of samples just completed; output() is then the tail's share of the line to come.
  void advance(const float* line) noexcept;
  const float* output() const noexcept { return current_.data() + line_ * kConvolverLine; }
  void reset() noexcept;

  /// Copies the spectra that `from`, which has the same taps, took in since the last call, then older ones as far as
  /// `bytes` goes, which it counts down. True where none is missing.
  bool follow(const PartitionedTail& from, uint64_t& bytes, bool first) noexcept;
  /// Copies all but the spectra, after follow() gave true.
  void adopt(const PartitionedTail& from) noexcept;
  void save(ByteWriter& out) const;
  /// False where the bytes are no saved tail of these taps; it may have taken in some of them then.
  bool restore(ByteReader& in);

 private:
  uint32_t row(uint64_t spectrum) const noexcept { return static_cast<uint32_t>(spectrum % taps_.parts); }
  void copy_spectrum(const PartitionedTail& from, uint64_t spectrum, uint64_t& bytes) noexcept;
  void multiply(uint32_t first, uint32_t last) noexcept;

  const PartitionedTaps& taps_;
  Transform& transform_;
  uint32_t lines_;       // lines per partition
  uint32_t line_ = 0;    // of the running period
  uint64_t newest_ = 0;  // number of the newest spectrum
  uint64_t resets_ = 0;  // numbers began anew: whoever follows has to copy everything again
  // While it follows another: it has the spectra after older_ up to newest_copied_.
  uint64_t resets_seen_ = 0, older_ = 0, newest_copied_ = 0;
  std::vector<float> input_;             // the period before and the running one
  std::vector<float> real_, imaginary_;  // ring of the last `parts` input spectra
  std::vector<float> sum_real_, sum_imaginary_;
  std::vector<float> current_, next_;  // outputs of the running period and the next
};

/// One impulse response, ready for any number of channels. Immutable, but for the scratch of its transforms.
class ConvolverTaps {
 public:
  static constexpr uint32_t kHead = 2 * kConvolverLine;  ///< taps of the direct FIR
  static constexpr uint32_t kLongPart = 1024;

  ConvolverTaps(std::span<const float> impulse, Transform& short_transform, Transform& long_transform);
  static uint64_t memory_bytes(uint64_t taps);

 private:
  friend class Convolver;
  Transform& short_transform_;
  Transform& long_transform_;
  std::vector<float> head_;  // reversed, kHead of them
  PartitionedTaps short_parts_, long_parts_;
};

/// One channel's convolution. Refers to its taps, which must outlive it.
class Convolver {
 public:
  explicit Convolver(const ConvolverTaps& taps);
  /// Any number of frames. Samples that are not finite or beyond 2^40 count as 0. Audio thread, no allocation.
  void process(const float* in, float* out, uint32_t frames) noexcept;
  void reset() noexcept;
  /// The parts of External::take_over, save and restore, for one channel: see PartitionedTail.
  bool follow(const Convolver& from, uint64_t& bytes, bool first) noexcept;
  void adopt(const Convolver& from) noexcept;
  void save(ByteWriter& out) const;
  bool restore(ByteReader& in);
  static uint64_t memory_bytes(uint64_t taps);

 private:
  const ConvolverTaps& taps_;
  uint32_t at_ = 0;  // in the running line
  std::vector<float> recent_;
  PartitionedTail short_tail_, long_tail_;
};

}  // namespace sinter::nodes
