// Where a part of a graph stands in the files it was read from.
#pragma once

#include <cstdint>

namespace sinter {

/// A place in one of the files a graph was read from; file 0 where it was made in C++. Never compared.
struct Span {
  uint32_t file = 0;   ///< index into SourceMap::files, 1-based
  uint32_t begin = 0;  ///< byte offsets in the file
  uint32_t end = 0;
  friend bool operator==(const Span&, const Span&) { return true; }
};

}  // namespace sinter
