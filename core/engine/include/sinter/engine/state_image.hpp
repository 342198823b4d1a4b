// Everything a program remembers, by key and in canonical form: what is saved with a session and can be put into any
// program, whatever executor runs it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sinter/engine/program.hpp"

namespace sinter {

struct StateImage {
  /// A state (one element per lane) or a writable table (size elements per lane), lanes after each other.
  struct Cells {
    std::string key;
    ElementKind kind = ElementKind::f32;
    uint8_t clock = 1;
    uint32_t lanes = 1;
    uint32_t size = 1;
    std::vector<uint8_t> data;
  };
  /// A delay line's last `frames` local samples per lane, oldest first, lanes after each other.
  struct Line {
    std::string key;
    ElementKind kind = ElementKind::f32;
    uint8_t clock = 1;
    uint32_t lanes = 1;
    uint32_t frames = 0;
    std::vector<uint8_t> data;
  };
  /// What an External node gave to save().
  struct External {
    std::string key;
    uint64_t fingerprint = 0;
    std::vector<uint8_t> data;
  };

  double sample_rate = 0;
  uint64_t frame = 0;  ///< absolute base frame that comes next
  std::vector<Cells> states, tables;
  std::vector<Line> lines;
  std::vector<External> externals;
};

}  // namespace sinter
