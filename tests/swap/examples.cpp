// The example patches are edited while they play: behind everything, so that what they remember has to be all there.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "swap_run.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

std::vector<std::string> example_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(SINTER_SOURCE_DIR "/examples"))
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

Audio noise(uint32_t channels, uint32_t frames) {
  Random random(7);
  Audio rows(std::max(1u, channels), std::vector<float>(frames));
  for (std::vector<float>& row : rows)
    for (float& x : row) x = static_cast<float>(random.uniform(-0.3, 0.3));
  return rows;
}

std::shared_ptr<const Program> at_rate(const Graph& graph, double rate, const Backend& backend) {
  CompileOptions options;
  options.sample_rate = rate;
  options.backend = &backend;
  options.strict = true;
  const auto compiled = compile_patch(graph, options);
  if (!compiled) FAIL(format(compiled.error()));
  return compiled->program;
}

}  // namespace

TEST_CASE("every example that is made quieter while it plays sounds on as if it had always been so, to the bit") {
  constexpr uint32_t kFrames = 24'000, kSwapAt = 9'000;
  for (const std::string& file : example_files()) {
    const Result<Graph> graph = read_patch_file(file, standard_nodes());
    REQUIRE(graph);
    Graph edited = *graph;
    edited.outputs[0].expr = *parse_expr("0.5 * (" + print(graph->outputs[0].expr) + ")");
    CAPTURE(file);
    for (const auto& [before, after] :
         {std::pair{"interpreter", "interpreter"}, {"interpreter", "best"}, {"best", "interpreter"}}) {
      const auto backend = [](std::string_view name) -> const Backend& {
        return name == "best" ? best_backend() : *find_backend(name);
      };
      const auto first = program_of(*graph, backend(before)), next = program_of(edited, backend(after));
      const Audio in = noise(first->layout.input_channels, kFrames);
      const uint32_t channels = first->layout.output_channels;
      const SwapRun alone = play(next, in, channels, {}, {256});
      const SwapRun swapped = play(first, in, channels, {{kSwapAt, next}}, {256, 100});
      REQUIRE(swapped.began.size() == 1);
      const size_t settled = swapped.began[0] + 960;
      for (uint32_t c = 0; c < channels; ++c)
        CHECK(std::equal(alone.out[c].begin() + settled, alone.out[c].end(), swapped.out[c].begin() + settled));
      ran_on(backend(after).name());
    }
  }
}

TEST_CASE("swaps work from 8 to 768 kHz, and a program of another rate is refused") {
  Graph graph;
  graph.input("in").node("low", "lowpass", {{"in", "in"}, {"freq", "1000"}});
  graph.node("echo", "delay", {{"in", "low"}, {"time", "0.01"}},
             {{"max", SettingValue{SettingKind::number, 0.1, false, {}, {}}}});
  Graph edited = graph;
  graph.output("out", "low + echo");
  edited.output("out", "low - echo");
  for (const double rate : {8'000.0, 44'100.0, 192'000.0, 768'000.0})
    for (const Backend* backend : backends()) {
      if (!backend->available()) continue;
      const Audio in = noise(1, 40'000);
      const auto first = at_rate(graph, rate, *backend), next = at_rate(edited, rate, *backend);
      const SwapRun alone = play(next, in, 1, {}, {512});
      const SwapRun swapped = play(first, in, 1, {{10'000, next}}, {512});
      CAPTURE(rate);
      const size_t settled = 10'000 + 512 + static_cast<size_t>(0.02 * rate);
      CHECK(std::equal(alone.out[0].begin() + settled, alone.out[0].end(), swapped.out[0].begin() + settled));
      CHECK(std::all_of(swapped.out[0].begin(), swapped.out[0].end(), [](float x) { return std::abs(x) < 4; }));
      ran_on(backend->name());
    }
}
