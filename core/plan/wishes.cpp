// Looks up every prefix of every origin, shortest first, so that the innermost wish is the one that stays.
#include "wishes.hpp"

#include <string_view>
#include <unordered_map>

namespace sinter::planning {

std::vector<Wish> wishes_by_origin(const Ir& ir) {
  std::vector<Wish> wishes(ir.origins.size(), Wish::automatic);
  if (ir.wishes.empty()) return wishes;
  std::unordered_map<std::string_view, Wish> wished;
  for (const StrategyWish& each : ir.wishes) wished[each.path] = each.wish;
  for (size_t o = 0; o < ir.origins.size(); ++o) {
    const std::string_view origin = ir.origins[o];
    for (size_t end = origin.find('/');; end = origin.find('/', end + 1)) {
      if (const auto found = wished.find(origin.substr(0, end)); found != wished.end()) wishes[o] = found->second;
      if (end == std::string_view::npos) break;
    }
  }
  return wishes;
}

}  // namespace sinter::planning
