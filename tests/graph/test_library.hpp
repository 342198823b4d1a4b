// A small node library of the tests' own: every kind of port and setting, and no sound.
#pragma once

#include <string>
#include <string_view>

#include "sinter/graph/graph.hpp"

namespace sinter::test {

const NodeLibrary& small_library();

/// Reads a patch from text, without a folder.
Result<Graph> read(std::string_view text, std::vector<Error>* warnings = nullptr);

/// "code line:column" of each error, joined by "; ".
std::string summary(const std::vector<Error>& errors);

}  // namespace sinter::test
