// The format's node table without what nodes/ has; a library that does have one of these runs it.
#include "later_types.hpp"

#include <algorithm>
#include <iterator>

namespace sinter {
namespace {

constexpr std::string_view kLater[] = {"oversample", "sample"};
constexpr std::string_view kObservers[] = {"meter", "scope", "spectrum"};

}  // namespace

bool is_later_type(std::string_view type) { return std::ranges::find(kLater, type) != std::end(kLater); }
bool is_observer_type(std::string_view type) { return std::ranges::find(kObservers, type) != std::end(kObservers); }

}  // namespace sinter
