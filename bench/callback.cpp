// What callbacks cost while a program takes over from another: copying slices, the block in which it takes over, and
// the fade, beside the same callbacks at rest. Processor time of the calling thread, so that other work on the machine
// does not count.
#include <algorithm>

#include "live_patches.hpp"
#include "sinter/bench/measure.hpp"

namespace sinter::measuring {
namespace {

constexpr double kRate = 48'000;
constexpr uint32_t kRestCallbacks = 64, kMostCallbacks = 200'000;

using Shared = std::shared_ptr<const Program>;

Result<Shared> program_of(const Graph& graph) {
  CompileOptions options;
  options.sample_rate = kRate;
  Result<Compiled> compiled = compile_patch(graph, options);
  if (!compiled) return compiled.errors();
  return std::move(compiled->program);
}

class Player {
 public:
  Player(Engine& engine, uint32_t frames) : engine_(engine), frames_(frames) {
    const Layout& layout = engine.program()->layout;
    rows_.assign(layout.input_channels + layout.output_channels, Row(frames));
    for (uint32_t c = 0; c < rows_.size(); ++c) {
      if (c < layout.input_channels) inputs_.push_back(rows_[c].data());
      else outputs_.push_back(rows_[c].data());
    }
  }
  /// Microseconds of one callback.
  double call() {
    const double before = processor_us();
    engine_.process(inputs_, outputs_, frames_);
    return processor_us() - before;
  }

 private:
  Engine& engine_;
  uint32_t frames_;
  std::vector<Row> rows_;
  std::vector<const float*> inputs_;
  std::vector<float*> outputs_;
};

struct Phases {
  std::vector<double> rest, copying, taking, fading;
};

// One swap from its hand-over to the end of its fade.
Result<bool> swap_once(Engine& engine, Player& player, const Shared& next, Phases& phases) {
  for (uint32_t c = 0; c < kRestCallbacks; ++c) phases.rest.push_back(player.call());
  const Result<uint64_t> number = engine.swap(next);
  if (!number) return number.errors();
  const EngineCounters& counters = engine.counters();
  for (uint32_t c = 0; c < kMostCallbacks; ++c) {
    const bool sounded = counters.swaps_begun >= *number;
    const double us = player.call();
    const bool sounds = counters.swaps_begun >= *number;
    (sounded ? phases.fading : sounds ? phases.taking : phases.copying).push_back(us);
    if (counters.swaps_done < *number) continue;
    engine.collect();
    return true;
  }
  return Error{.code = Errc::cancelled, .message = "a swap was not done within 200,000 callbacks"};
}

Result<Phases> swaps(const LivePatch& patch, const Graph& edited, uint32_t frames, uint32_t count) {
  const Result<Shared> before = program_of(patch.before), after = program_of(edited);
  if (!before) return before.errors();
  if (!after) return after.errors();
  Engine engine;
  engine.prepare(*before);
  Player player(engine, frames);
  Phases phases;
  for (double filled = 0; filled < patch.fill_seconds * kRate; filled += frames) player.call();
  for (uint32_t s = 0; s < count; ++s)
    if (const Result<bool> done = swap_once(engine, player, s % 2 ? *before : *after, phases); !done)
      return done.errors();
  return phases;
}

std::string group_of(const LivePatch& patch, uint32_t frames) {
  return "callbacks, " + patch.name + ", " + std::to_string(frames) + " frames";
}

Result<bool> add_patch(BenchReport& report, const LivePatch& patch, uint32_t frames, uint32_t count) {
  const std::string group = group_of(patch, frames);
  const double period_us = 1e6 * frames / kRate;
  const auto add = [&](const std::string& name, std::vector<double>& values) {
    if (!values.empty()) report.distributions.push_back(distribution(group, name, "us", std::move(values), period_us));
  };
  for (const auto& [where, edited] : {std::pair("downstream", &patch.downstream), {"upstream", &patch.upstream}}) {
    Result<Phases> phases = swaps(patch, *edited, frames, count);
    if (!phases) return phases.errors();
    const std::string edit = std::string("edited ") + where;
    add(edit + ", at rest", phases->rest);
    add(edit + ", copying", phases->copying);
    add(edit + ", taking over", phases->taking);
    add(edit + ", fading", phases->fading);
  }
  return true;
}

// What taking over adds to a callback that copies, in microseconds; 0 where all went in one block.
double slice_us(const BenchReport& report, const LivePatch& patch, uint32_t frames) {
  const Distribution* copying = report.find_distribution(group_of(patch, frames), "edited upstream, copying");
  const Distribution* rest = report.find_distribution(group_of(patch, frames), "edited upstream, at rest");
  return copying && rest ? copying->p50 - rest->p50 : 0;
}

void add_goals(BenchReport& report, const LivePatch& few, const LivePatch& many, uint32_t frames) {
  const std::string blocks = ", blocks of " + std::to_string(frames);
  const double small = slice_us(report, few, frames), large = slice_us(report, many, frames);
  if (small > 0)
    report.goals.push_back({"a copying callback's own cost, 201 MB against 25 MB" + blocks, large / small, 2, true});
  report.goals.push_back(
      {"the same of 201 MB, part of the period" + blocks, large / (1e6 * frames / kRate), 0.25, true});
}

}  // namespace

Result<bool> callback_times(BenchReport& report, const BenchOptions& options) {
  constexpr double kShortLines = 5, kLongLines = 30;  // seconds: 25 MB, beyond most caches already, and 201 MB
  constexpr uint32_t kEditsPerSwap = 20;
  const uint32_t count = std::max(1u, options.edits / kEditsPerSwap);
  const LivePatch few = lines_patch(kShortLines), many = lines_patch(kLongLines);
  for (const uint32_t frames : {64u, 512u}) {
    for (const LivePatch& patch : {tiny_patch(), nodes_patch(), banks_patch(), few, many})
      if (const Result<bool> done = add_patch(report, patch, frames, count); !done) return done;
    add_goals(report, few, many, frames);
  }
  return true;
}

}  // namespace sinter::measuring
