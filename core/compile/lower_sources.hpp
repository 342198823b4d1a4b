// Control sources that no parameter sets: the transport and MIDI controllers. Each is declared when it is first used.
#pragma once

#include <string>
#include <string_view>

#include "sinter/ir/builder.hpp"

namespace sinter::lowering {

class ControlSources {
 public:
  explicit ControlSources(Builder& builder) : b_(builder) {}

  /// bpm beat bar playing modwheel; not valid for any other word.
  Signal named(std::string_view word);
  Signal bpm();
  Signal controller(uint32_t number);  ///< 0 … 127

 private:
  Signal source(ParamDecl decl);

  Builder& b_;
};

}  // namespace sinter::lowering
