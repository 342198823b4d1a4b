// Node types that the format has and this version does not run yet: they get an error of their own.
#pragma once

#include <string_view>

namespace sinter {

/// True for the name of a type that comes with a later version. Definitions may not take these names.
bool is_later_type(std::string_view type);

/// True for types that are heard of without being connected to an output: the host reads them.
bool is_observer_type(std::string_view type);

}  // namespace sinter
