// Single-cycle waveforms as tables for every octave of pitch, each without the harmonics that would alias there.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sinter::nodes {

inline constexpr uint32_t kWaveFrame = 2048;     ///< samples of a frame in a file
inline constexpr uint32_t kMaxWaveFrames = 256;  ///< frames of a wavetable: 46 MB of tables
inline constexpr uint32_t kMaxWaveTable = 8192;  ///< numbers of a frame that the patch writes out

/// Rows of numbers, one per level and frame, whose quadratic B-spline is the wave. Level k has the harmonics up to
/// `harmonics` >> k; the last has the fundamental alone. Immutable.
struct MipTables {
  uint32_t harmonics = 0;  ///< of level 0, at least 1
  uint32_t levels = 0;     ///< at least 1
  uint32_t frames = 0;     ///< at least 1
  uint32_t size = 0;       ///< numbers per turn, 2^size_log2; entry j of a row stands half a step before j / size turns
  uint32_t size_log2 = 0;
  std::vector<float> rows;  ///< level by level, frame by frame, row_length() each

  /// Numbers per row: a turn and the first two again.
  uint32_t row_length() const { return size + 2; }
};

/// Bytes of the tables of `frames` frames of `length` samples.
uint64_t mip_table_bytes(uint32_t length, uint32_t frames);

/// `waves`: frames of `length` samples (2 … kMaxWaveTable), one after another, all finite. Control thread.
MipTables make_mip_tables(std::span<const float> waves, uint32_t length);

}  // namespace sinter::nodes
