// A pair: one patch and the Faust programs that compute the same. patches/NAME.json belongs to faust/NAME.dsp and to
// faust/NAME.*.dsp, other ways to write it: a new pair is two new files and nothing else.
#pragma once

#include <string>
#include <vector>

#include "sinter/base/error.hpp"

namespace sinter::peers {

/// Both sides are the same where their difference lies below this, in dB of the signal.
constexpr double kSame = -90;
/// The same for the spectra of signals that are random. Two noises of one colour differ by −28 dB: of as many frames as
/// are compared, the power in a band is known to 3 %.
constexpr double kSameSpectrum = -20;

struct Pair {
  std::string name, title;  ///< of the file, of the patch
  std::string patch_path;
  std::vector<std::string> dsp_paths;
  // From the patch's "x-peers", all optional.
  uint32_t lag = 0;          ///< frames by which the patch's output comes later
  bool yardstick = false;    ///< shown, but no part of the mean
  bool spectrum = false;     ///< the spectra are compared, not the samples; the limits are then kSameSpectrum
  double limit_db = kSame;   ///< of f64 against f64
  double single_db = kSame;  ///< of the f32 that is timed against f64
  std::string why;           ///< the reason for any of these, required where there is one
};

/// All pairs of a folder with patches/ and faust/, by name. `only`: these alone, where not empty. Errors: cannot_read,
/// bad_setting, and those of reading patches.
Result<std::vector<Pair>> find_pairs(const std::string& folder, const std::vector<std::string>& only);

}  // namespace sinter::peers
