// Private to the export: what each op of the table is in C++. Written anew from the ops' documentation, so that the
// header is an oracle that shares no code with the interpreters.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "sinter/ir/ir.hpp"

namespace sinter::exporting {

class OpText {
 public:
  /// A table op over arguments that are names or literals; notes the functions it calls.
  std::string expression(const Inst& inst, const std::array<std::string, 3>& args);
  /// Notes a function of the helpers.
  void need(std::string_view helper);
  /// The definitions of all functions that were noted, in the order in which they may stand.
  std::string helpers() const;

 private:
  uint32_t needed_ = 0;
};

}  // namespace sinter::exporting
