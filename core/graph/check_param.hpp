// What must hold within one parameter, whoever made it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sinter/graph/graph.hpp"

namespace sinter {

struct ParamFault {
  std::string_view key;  ///< of the patch format, to point at
  Errc code;
  std::string message;
};
std::optional<ParamFault> check_param(const GraphParam& param);

}  // namespace sinter
