// See storm.hpp.
#include "storm.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <new>
#include <thread>

#include "random_graph.hpp"
#include "sinter/sinter.hpp"

namespace sinter::test {
namespace {

constexpr uint32_t kSetsPerRound = 5'000;
constexpr uint32_t kHandles = 80;  // more than the patches here ever name

const Backend& random_backend(Random& random) {
  std::vector<const Backend*> here;
  for (const Backend* backend : backends())
    if (backend->available() && backend->name() != "reference") here.push_back(backend);
  return *here[random.below(static_cast<uint32_t>(here.size()))];
}

void swap_one(Storm& storm, Random& random, const std::vector<Graph>& examples, const StateImage* restore,
              std::shared_ptr<const Program>& latest) {
  std::shared_ptr<const Program> next = random.chance(0.2) ? latest : random_program(random, examples);
  if (!next) {
    storm.problem = "a patch did not compile";
    return;
  }
  SwapOptions options;
  options.fade_seconds = random.chance(0.2) ? 0 : random.uniform(0, 0.03);
  options.restore = restore;
  const Result<uint64_t> swapped = storm.engine.swap(next, options);
  if (!swapped) storm.problem = format(swapped.error());
  latest = std::move(next);
  storm.swaps.fetch_add(1);
}

}  // namespace

std::vector<Graph> example_graphs() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SINTER_SOURCE_DIR "/examples"))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Graph> graphs;
  for (const auto& file : files)
    if (Result<Graph> graph = read_patch_file(file.string(), standard_nodes())) graphs.push_back(std::move(*graph));
  return graphs;
}

std::shared_ptr<const Program> random_program(Random& random, const std::vector<Graph>& examples) {
  CompileOptions options;
  options.sample_rate = kStormRate;
  options.backend = &random_backend(random);
  options.strict = random.chance(0.3);
  const bool hand_made = !examples.empty() && random.chance(0.3);
  Result<Compiled> compiled =
      hand_made ? compile_patch(examples[random.below(static_cast<uint32_t>(examples.size()))], options)
                : compile_patch(random_graph(random), options);
  return compiled ? compiled->program : nullptr;
}

void swap_programs(Storm& storm, uint64_t seed) {
  Random random(seed);
  const std::vector<Graph> examples = example_graphs();
  auto latest = random_program(random, examples);
  StateImage image;
  bool has_image = false;
  while (!storm.over.load() && storm.problem.empty()) {
    if (storm.engine.take_capture(image)) {
      has_image = true;
      storm.captures.fetch_add(1);
    } else if (random.chance(0.2)) {
      storm.engine.request_capture();
    }
    const bool restore = has_image && random.chance(0.1);
    swap_one(storm, random, examples, restore ? &image : nullptr, latest);
    if (restore) storm.restores.fetch_add(1);
    if (random.chance(0.5)) storm.engine.collect();
  }
  storm.over.store(true);  // where there was a problem, nobody waits for the next swap
}

void set_parameters(Storm& storm, uint64_t seed) {
  Random random(seed);
  while (!storm.over.load()) {
    for (uint32_t n = 0; n < kSetsPerRound; ++n) {
      const double value = random.chance(0.01) ? std::numeric_limits<double>::quiet_NaN() : random.uniform(-10, 2'000);
      storm.engine.set_parameter(random.below(kHandles), value);
    }
    storm.sets.fetch_add(kSetsPerRound);
    std::this_thread::yield();
  }
}

void random_events(Random& random, uint32_t frames, std::vector<Event>& events) {
  events.clear();
  const uint32_t most = random.chance(0.02) ? 200 : 6;
  for (uint32_t n = random.below(most); n-- > 0;) {
    Event event;
    event.frame = random.below(frames + 10);  // some are beyond the block
    event.kind = static_cast<EventKind>(random.below(static_cast<uint32_t>(EventKind::all_sound_off) + 1));
    event.channel = static_cast<uint8_t>(random.below(16));
    event.key = static_cast<uint8_t>(random.below(128));
    event.index = event.kind == EventKind::parameter ? random.below(kHandles) : random.below(128);
    event.note_id = random.chance(0.2) ? static_cast<int32_t>(random.below(50)) : -1;
    event.value = random.uniform(-1, 1);
    events.push_back(event);
  }
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.frame < b.frame; });
}

Transport random_transport(Random& random) {
  return {.bpm = random.uniform(20, 300),
          .beat = random.uniform(-8, 2'000),
          .beats_per_bar = 1.0 + random.below(7),
          .playing = random.chance(0.8)};
}

}  // namespace sinter::test
