// The configurations of Faust that are tried: which of them is the fastest differs from program to program.
#pragma once

#include <string>
#include <vector>

#include "runner.hpp"

namespace sinter::peers {

/// libfaust's, as on Faust's command line.
const std::vector<std::vector<std::string>>& jit_options();

struct NamedBuild {
  std::vector<std::string> words;  ///< what tells it from others of its compiler
  StaticBuild build;
};
/// Those of the compilers that are installed.
const std::vector<NamedBuild>& static_builds();

/// What both sides are compared with: no liberties, double precision between f32 inputs and outputs.
const StaticBuild& truth_build();

}  // namespace sinter::peers
