// The bytes of a saved state: everything is checked before any of it is used, because chunks come from anywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/engine/state_image.hpp"

namespace sinter {

inline constexpr uint32_t kStateVersion = 1;
inline constexpr uint64_t kMaxStateBytes = 512u << 20;  ///< of a chunk when inflated

struct SavedState {
  std::vector<std::pair<std::string, double>> parameters;  ///< id, plain value
  std::optional<StateImage> image;
};

/// Magic, version, CRC-32 of what follows, length when inflated, deflated payload; little-endian. Errors: bad_state
/// (larger than kMaxStateBytes). Throws std::bad_alloc. Control thread.
Result<std::vector<uint8_t>> write_state(const SavedState& state);

/// Errors: bad_state (damaged, cut off, foreign, newer). Throws std::bad_alloc. Control thread.
Result<SavedState> read_state(std::span<const uint8_t> chunk);

}  // namespace sinter
