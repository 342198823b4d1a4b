// Parameter values by a handle that stays the same through all programs: set from any thread, read by the audio thread.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sinter/engine/program.hpp"

namespace sinter {

class ParameterStore {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kCapacity = 65'536;  ///< ids in the life of an engine

  /// Control thread. Forgets all ids; threads that still set a handle do no harm.
  void clear();
  /// Control thread. The handle of a parameter, made where it is new; its range and default are from now on these. A
  /// value that nobody has set follows the default. kNone where there are too many; throws std::bad_alloc.
  uint32_t add(const ParamSlot& slot);
  /// Control thread.
  uint32_t find(std::string_view id) const;
  uint32_t size() const { return static_cast<uint32_t>(handles_.size()); }

  /// Any thread, wait-free.
  void set(uint32_t handle, double plain) noexcept;
  double get(uint32_t handle) const noexcept;
  /// Audio thread: a value that came with an event, and is not to be taken a second time.
  void note(uint32_t handle, double plain) noexcept;
  /// Grows with every set().
  uint32_t sets() const noexcept { return sets_.load(std::memory_order_acquire); }

 private:
  struct Value {
    std::atomic<double> target{0}, minimum{0}, maximum{1}, fallback{0};
    std::atomic<bool> touched{false};
  };
  static constexpr uint32_t kChunk = 256;
  Value* value(uint32_t handle) const noexcept;

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view id) const noexcept { return std::hash<std::string_view>{}(id); }
  };

  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> handles_;
  std::array<std::unique_ptr<Value[]>, kCapacity / kChunk> chunks_;
  std::array<std::atomic<Value*>, kCapacity / kChunk> published_{};  // what other threads see of chunks_
  std::atomic<uint32_t> sets_{0};
};

}  // namespace sinter
