// Compiling on every backend while memory runs out, code memory included.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "random_graph.hpp"
#include "run.hpp"
#include "sinter/sinter.hpp"
#include "sweep.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 150;

Graph example(const std::string& file) {
  Result<Graph> graph = read_patch_file(SINTER_SOURCE_DIR "/examples/" + file, standard_nodes());
  if (!graph) FAIL(format(graph.error()));
  return std::move(*graph);
}

bool refuses(Errc code) { return code == Errc::out_of_memory || code == Errc::no_machine_code; }

void sweep_compile(const std::string& what, const Graph& graph, const Backend& backend, bool listing) {
  CompileOptions options;
  options.backend = &backend;
  options.library = &standard_nodes();
  options.strict = true;
  options.listing = listing;
  const Result<Compiled> whole = compile(graph, options);
  if (!whole) FAIL(format(whole.error()));
  Random random(1);
  const Scenario scenario = make_scenario(random, whole->program->layout, kFrames, false);
  const auto expected = run(whole->program, scenario, {});
  sweep(
      "compiling " + what + " for " + std::string(backend.name()), [&] { return compile(graph, options); },
      [&](const Result<Compiled>& compiled) {
        return compiled && compiled->program->executor->name() == whole->program->executor->name() &&
               compiled->warnings.size() == whole->warnings.size() &&
               compiled->listing.size() == whole->listing.size() &&
               difference(expected, run(compiled->program, scenario, {})).empty();
      },
      refuses);
  ran_on(backend.name());
}

}  // namespace

TEST_CASE("compiling gives the program on every backend, or says that there is no memory") {
  Graph small;
  small.input("in", 2).node("low", "lowpass", {{"in", "in"}, {"freq", "300"}});
  small.node("echo", "delay", {{"in", "low + 0.5 * echo"}, {"time", "0.003"}},
             {{"max", SettingValue{SettingKind::number, 0.01, false, {}, {}}}});
  small.output("out", "low + tanh(echo)");
  const Graph strip = example("channel_strip.json"), hall = example("hall.json");
  Random random(5);
  const Graph drawn = random_graph(random);
  for (const Backend* backend : backends()) {
    if (!backend->available()) {
      skipped("running out of memory on " + std::string(backend->name()), "this processor does not have it");
      continue;
    }
    sweep_compile("a filter and an echo", small, *backend, false);
    sweep_compile("a filter and an echo with its listing", small, *backend, true);
    const bool every_day = backend == find_backend("interpreter") || backend == &best_backend();
    if (!every_day) continue;  // what the front of the compiler asks for is the same
    sweep_compile("channel_strip.json", strip, *backend, false);
    sweep_compile("hall.json", hall, *backend, false);
    sweep_compile("a random patch", drawn, *backend, false);
  }
}
