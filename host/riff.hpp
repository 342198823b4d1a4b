// Notices cut-off WAV and AIFF files: libsndfile reads what is there and says nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sinter::host {

/// What a chunked file promises and what it has, in bytes from its start.
struct Shortfall {
  uint64_t promised = 0, present = 0;
};

/// Nothing where the file is whole, is not of this kind, or has the unknown length that writers to a pipe leave.
std::optional<Shortfall> shortfall_of_bytes(std::string_view bytes);
std::optional<Shortfall> shortfall_of_file(const std::string& path);

}  // namespace sinter::host
