// The worst that parameters, notes and the transport may ask of a block, beside the same patch at rest.
#include <algorithm>
#include <chrono>
#include <functional>

#include "sinter/bench/measure.hpp"

namespace sinter::measuring {
namespace {

constexpr double kRate = 48'000;
constexpr uint32_t kFrames = 512, kFilters = 32, kFlood = 10'000;

// 64 parameters: 32 filters whose cutoffs and levels all move.
Graph parameters_graph() {
  Graph graph;
  graph.input("in");
  std::string sum;
  for (uint32_t f = 0; f < kFilters; ++f) {
    const std::string n = std::to_string(f);
    graph.param(
        {.id = "cutoff" + n, .minimum = 20, .maximum = 20'000, .fallback = 500.0 + 100 * f, .unit = Unit::hertz});
    graph.param({.id = "level" + n, .fallback = 0.5, .smooth_ms = 20});
    graph.node("low" + n, "lowpass", {{"in", "in"}, {"freq", "$cutoff" + n}});
    sum += (f ? " + low" : "low") + n + " * $level" + n;
  }
  return graph.output("out", sum);
}

Graph transport_graph() {
  Graph graph;
  graph.input("in").expr("wobble", "0.5 + 0.5 * sin(2 * pi * frac(beat)) * bpm / 120 + 0.1 * frac(bar)");
  return graph.output("out", "playing * in * wobble");
}

constexpr const char* kSynth = R"json({
  "sinter": 1,
  "define": { "voice": {
    "inputs": { "freq": 1, "gate": 1, "velocity": 1 },
    "nodes": [
      { "id": "tone", "type": "sine", "in": { "freq": "freq" } },
      { "id": "loud", "type": "onepole", "in": { "in": "gate * velocity", "freq": 20 } },
      { "id": "low",  "type": "lowpass", "in": { "in": "tanh(3 * tone * loud)", "freq": "2000 + 4000 * velocity" } }
    ],
    "outputs": { "out": "low" } } },
  "nodes": [ { "id": "synth", "type": "poly", "voices": 16, "of": "voice" } ],
  "outputs": { "out": "0.2 * synth" } })json";

// One patch under several kinds of blocks. What a block needs is made outside the time that is measured.
class Storm {
 public:
  using Prepare = std::function<void(uint32_t round)>;
  struct Case {
    std::string name;
    Prepare prepare;
    std::vector<double> times;
  };

  static Result<std::unique_ptr<Storm>> of(const Graph& graph) {
    CompileOptions options;
    options.sample_rate = kRate;
    Result<Compiled> compiled = compile_patch(graph, options);
    if (!compiled) return compiled.errors();
    return std::make_unique<Storm>(std::move(compiled->program));
  }
  explicit Storm(std::shared_ptr<const Program> program) : outputs_(program->layout.output_channels, Row(kFrames)) {
    for (Row& row : outputs_) output_pointers_.push_back(row.data());
    engine_.prepare(std::move(program));
  }

  void add(std::string name, Prepare prepare) { cases_.push_back({std::move(name), std::move(prepare), {}}); }

  // All cases in turn; what one has set in motion comes to rest before the next.
  void run(BenchReport& report, const std::string& group, int rounds) {
    constexpr int kSettleBlocks = 4, kBlocksPerRound = 4;
    for (int round = 0; round < rounds; ++round)
      for (Case& each : cases_) {
        events.clear();
        for (int b = 0; b < kSettleBlocks; ++b) call();
        for (int b = 0; b < kBlocksPerRound; ++b) {
          events.clear();
          each.prepare(static_cast<uint32_t>(round * kBlocksPerRound + b));
          each.times.push_back(call() / kFrames);
        }
      }
    for (Case& each : cases_) {
      std::sort(each.times.begin(), each.times.end());
      report.figures.push_back({group, each.name, "ns", each.times[each.times.size() / 2], each.times.front()});
    }
  }

  Engine& engine() { return engine_; }
  std::vector<Event> events;  ///< of the next block

 private:
  double call() {
    const float* inputs[] = {input_.data()};
    const auto before = std::chrono::steady_clock::now();
    engine_.process(inputs, output_pointers_, kFrames, events);
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - before).count();
  }

  Engine engine_;
  Row input_{kFrames};
  std::vector<Row> outputs_;
  std::vector<float*> output_pointers_;
  std::vector<Case> cases_;
};

double varied(uint32_t n) { return 0.1 + 0.8 * (n * 2'654'435'769u) * 0x1p-32; }

void add_steps(Storm& storm, uint32_t round, uint32_t per_cell) {
  for (uint32_t f = 0; f < kFrames; f += kCellFrames / per_cell)
    storm.events.push_back(
        {.frame = f, .kind = EventKind::parameter, .index = 2 * (f % kFilters) + 1, .value = varied(round + f)});
}

// Behind what is there, all over the block and in order.
void add_flood(Storm& storm, uint32_t round, EventKind kind) {
  for (uint32_t e = 0; e < kFlood; ++e)
    storm.events.push_back(
        {.frame = e * kFrames / kFlood, .kind = kind, .index = e % (2 * kFilters), .value = varied(round + e)});
  std::stable_sort(storm.events.begin(), storm.events.end(),
                   [](const Event& a, const Event& b) { return a.frame < b.frame; });
}

Result<bool> parameters(BenchReport& report, const BenchOptions& options) {
  constexpr uint32_t kSets = 4'096, kSplits = 16;
  Result<std::unique_ptr<Storm>> made = Storm::of(parameters_graph());
  if (!made) return made.errors();
  Storm& storm = **made;
  storm.add("at rest", [](uint32_t) {});
  storm.add("4,096 sets before each block", [&](uint32_t round) {
    for (uint32_t s = 0; s < kSets; ++s) {
      const uint32_t handle = s % (2 * kFilters);
      storm.engine().set_parameter(handle, handle % 2 ? varied(round + s) : 20'000 * varied(round + s));
    }
  });
  storm.add("16 steps in each cell", [&](uint32_t round) { add_steps(storm, round, kSplits); });
  storm.add("64 steps in each cell", [&](uint32_t round) { add_steps(storm, round, kCellFrames); });
  storm.add("16 steps, and 10,000 more a block", [&](uint32_t round) {
    add_steps(storm, round, kSplits);
    add_flood(storm, round, EventKind::parameter);
  });
  storm.add("16 steps, and 10,000 controllers", [&](uint32_t round) {
    add_steps(storm, round, kSplits);
    add_flood(storm, round, EventKind::controller);
  });
  const std::string group = "64 parameters, blocks of 512, per frame";
  storm.run(report, group, options.repetitions);
  const Figure& worst = *report.find(group, "16 steps, and 10,000 more a block");
  const Figure& most = *report.find(group, "64 steps in each cell");
  report.goals.push_back(
      {"10,000 events beyond the splits, ns each", (worst.median - most.median) * kFrames / kFlood, 50, true});
  return true;
}

Result<bool> transport(BenchReport& report, const BenchOptions& options) {
  Result<std::unique_ptr<Storm>> made = Storm::of(transport_graph());
  if (!made) return made.errors();
  Storm& storm = **made;
  storm.add("the transport goes on", [](uint32_t) {});
  storm.add("it jumps in each block", [&](uint32_t round) {
    storm.engine().set_transport(
        {.bpm = 100 + 10 * varied(round), .beat = 1'000 * varied(round), .playing = round % 2 == 0});
  });
  storm.run(report, "transport, blocks of 512, per frame", options.repetitions);
  return true;
}

Result<bool> notes(BenchReport& report, const BenchOptions& options) {
  constexpr uint32_t kNotes = 128;
  const Result<Graph> synth = read_patch(kSynth, "synth", "", standard_nodes());
  if (!synth) return synth.errors();
  Result<std::unique_ptr<Storm>> made = Storm::of(*synth);
  if (!made) return made.errors();
  Storm& storm = **made;
  storm.add("at rest", [](uint32_t) {});
  storm.add("128 notes in each block", [&](uint32_t round) {
    for (uint32_t n = 0; n < kNotes; ++n)
      storm.events.push_back({.frame = n * kFrames / kNotes,
                              .kind = n % 2 ? EventKind::note_off : EventKind::note_on,
                              .key = static_cast<uint8_t>(36 + (n / 2 + round) % 48),
                              .value = varied(n)});
  });
  storm.add("128 notes on one frame", [&](uint32_t round) {
    for (uint32_t n = 0; n < kNotes; ++n)
      storm.events.push_back(
          {.frame = 100, .kind = EventKind::note_on, .key = static_cast<uint8_t>(n), .value = varied(round + n)});
  });
  storm.run(report, "poly, 16 voices, blocks of 512, per frame", options.repetitions);
  return true;
}

}  // namespace

}  // namespace sinter::measuring

namespace sinter {

Result<BenchReport> bench_events(const BenchOptions& options) {
  BenchReport report;
  report.processor = measuring::processor_name();
  for (const auto part : {measuring::parameters, measuring::transport, measuring::notes})
    if (const Result<bool> done = part(report, options); !done) return done.errors();
  return report;
}

}  // namespace sinter
