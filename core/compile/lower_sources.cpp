// Ids of sources have brackets or are reserved words, which no parameter's id can be.
#include "lower_sources.hpp"

namespace sinter::lowering {
namespace {

constexpr double kFarthestBeat = 1e9;
constexpr uint32_t kModWheel = 1;

}  // namespace

Signal ControlSources::source(ParamDecl decl) {
  const std::vector<ParamDecl>& params = b_.ir().params;
  for (uint32_t i = 0; i < params.size(); ++i)
    if (params[i].role == decl.role && params[i].number == decl.number) return b_.param(i);
  b_.ir().params.push_back(std::move(decl));
  return b_.param(static_cast<uint32_t>(params.size() - 1));
}

Signal ControlSources::bpm() {
  return source({.id = "bpm", .initial = 120, .minimum = 1, .maximum = 999, .role = ControlRole::bpm});
}

Signal ControlSources::controller(uint32_t number) {
  return source({.id = "cc(" + std::to_string(number) + ")", .role = ControlRole::controller, .number = number});
}

Signal ControlSources::named(std::string_view word) {
  if (word == "bpm") return bpm();
  if (word == "modwheel") return controller(kModWheel);
  if (word == "playing") return b_.coefficient(source({.id = "playing", .initial = 1, .role = ControlRole::playing}));
  const bool beat = word == "beat";
  if (!beat && word != "bar") return {};
  // The ramp begins here and not where the value meets a sample: what is computed from it, frac(beat) above all, may
  // jump within a cell.
  return b_.enter(source({.id = std::string(word),
                          .minimum = -kFarthestBeat,
                          .maximum = kFarthestBeat,
                          .role = beat ? ControlRole::beat : ControlRole::bar}));
}

}  // namespace sinter::lowering
