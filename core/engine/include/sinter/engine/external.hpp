// External nodes: opaque C++ that runs as its own step between fused regions (FFT convolution, sample players).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace sinter {

class Recording;

/// Audio of one call: planar rows, one per channel, `frames` samples each. Outputs never alias inputs.
struct ExternalBlock {
  const float* const* inputs = nullptr;
  float* const* outputs = nullptr;
  uint32_t frames = 0;
};

/// One prepared instance. Destroyed on the control thread.
class External {
 public:
  virtual ~External() = default;
  /// Audio thread: any frame count from 0 to 64, wait-free, no allocation, lock or system call.
  virtual void process(const ExternalBlock& block) noexcept = 0;
  /// Audio thread: as after prepare. Bounded by the instance's memory.
  virtual void reset() noexcept = 0;
  /// Copies about `bytes` at most of what another instance of the same fingerprint remembers; true once nothing is left
  /// and both would go on with the same output. `from` goes on playing between calls; it does not while this returns
  /// true. The first call begins anew. Audio thread. A type that remembers nothing has nothing to do.
  virtual bool take_over(const External& from, uint64_t bytes, bool first) noexcept {
    static_cast<void>(from), static_cast<void>(bytes), static_cast<void>(first);
    return true;
  }
  /// What it remembers as bytes of its own, versioned form, and back; false where `bytes` are not what save() makes.
  /// Control thread, while it does not play.
  virtual std::vector<uint8_t> save() const { return {}; }
  virtual bool restore(std::span<const uint8_t> bytes) { return bytes.empty(); }
  /// What others may read while it plays; null where it records nothing. Control thread, before it plays.
  virtual std::shared_ptr<const Recording> recording() const { return nullptr; }
};

/// How instances are made and what they promise. Immutable, shared between programs. Control thread.
class ExternalType {
 public:
  virtual ~ExternalType() = default;
  virtual std::string_view name() const = 0;
  /// Equal for two types whose instances do the same: name, settings and content of files. Never 0.
  virtual uint64_t fingerprint() const = 0;
  virtual uint32_t latency_frames() const = 0;
  /// How long it may sound after its input has ended.
  virtual uint64_t tail_frames(double sample_rate) const = 0;
  /// True where any cutting of the signal into blocks gives the same bits.
  virtual bool exact_under_partition() const = 0;
  /// Bytes an instance will hold at this rate: counted against the memory limit before it is made.
  virtual uint64_t memory_bytes(double sample_rate) const = 0;
  virtual std::unique_ptr<External> prepare(double sample_rate) const = 0;
};

}  // namespace sinter
