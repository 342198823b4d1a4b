// Names of categories, units and scales, and look-ups in node definitions.
#include "sinter/graph/node_def.hpp"

#include <array>

namespace sinter {
namespace {

constexpr std::array<std::string_view, 10> kUnits = {"",        "Hz", "s", "gain",  "dB",
                                                     "samples", "st", "%", "beats", "turns"};

}  // namespace

std::string_view name(Category category) {
  constexpr std::string_view kNames[] = {"PureMath", "Stateful", "External"};
  return kNames[static_cast<size_t>(category)];
}

std::string_view name(Unit unit) { return kUnits[static_cast<size_t>(unit)]; }

bool parse_unit(std::string_view text, Unit& unit) {
  for (size_t i = 0; i < kUnits.size(); ++i)
    if (kUnits[i] == text) {
      unit = static_cast<Unit>(i);
      return true;
    }
  return false;
}

std::string_view name(Scale scale) { return scale == Scale::log ? "log" : "linear"; }

const Port* NodeDef::port(std::string_view port_name) const {
  for (const Port& port : inputs)
    if (port.name == port_name) return &port;
  return nullptr;
}

const Setting* NodeDef::setting(std::string_view setting_name) const {
  for (const Setting& setting : settings)
    if (setting.name == setting_name) return &setting;
  return nullptr;
}

const NodeDef* NodeLibrary::find(std::string_view type) const {
  for (const NodeDef& def : defs)
    if (def.type == type) return &def;
  return nullptr;
}

}  // namespace sinter
