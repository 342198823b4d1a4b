// Frequencies of the MIDI keys: twelve equal steps, or a scale in Scala's format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sinter/base/error.hpp"

namespace sinter {

inline constexpr uint32_t kKeys = 128;
inline constexpr uint32_t kMaxScaleDegrees = 1'024;

/// Hz of the 128 keys, key 69 at 440.
std::vector<double> equal_temperament();

/// Hz of the 128 keys in a scale: key 60 has its first degree at 261.6256 Hz, the next keys the next degrees.
/// Source: M. Op de Coul, Scala scale file format. Errors: bad_tuning, with the line.
Result<std::vector<double>> parse_tuning(std::string_view text);

/// The same from a file that a patch in `folder` names. Errors: those of parse_tuning (bad_tuning also where the file
/// is too large), outside_folder, missing_asset, cannot_read.
Result<std::vector<double>> read_tuning(const std::string& folder, const std::string& name);

}  // namespace sinter
