// Channels, chain stages, copies and voices that stay keep their state, whichever others come and go.
#include <doctest/doctest.h>

#include "migration.hpp"
#include "swap_run.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

Layout with_scopes(std::vector<ScopeSlot> scopes) {
  Layout layout;
  layout.scopes = std::move(scopes);
  return layout;
}

// Where each lane of the newer layout comes from; −1: nowhere.
std::vector<int> sources(const Layout& from, const Layout& to, std::string_view key, uint32_t before, uint32_t after) {
  std::vector<int> of(after, -1);
  for (const LaneRun& run : lane_runs(from, to, key, before, after))
    for (uint32_t l = 0; l < run.count; ++l) of.at(run.to + l) = static_cast<int>(run.from + l);
  return of;
}

float played_on(const Graph& before, const Graph& after, uint32_t channel) {
  const Backend& backend = best_backend();
  Audio in(1, std::vector<float>(9'000));
  in[0][10] = 1;
  const auto first = program_of(before, backend), next = program_of(after, backend);
  const SwapRun run = play(first, in, 4, {{1'000, next}}, {128});
  return run.out[channel][4'810];
}

Graph echoes(uint32_t channels, uint32_t stages) {
  Graph graph;
  graph.input("in");
  graph.node("echo", "delay", {{"in", "in"}, {"time", "0.1 / (i * 0 + 1)"}},
             {{"max", SettingValue{SettingKind::number, 0.2, false, {}, {}}}});
  graph.nodes[0].channels = channels;
  graph.nodes[0].chain = stages;
  return graph.output("out", "echo");
}

}  // namespace

TEST_CASE("lanes of a key are matched by channel, copy and voice") {
  const Layout flat;
  const Layout voices4 = with_scopes({{"synth", 4}}), voices3 = with_scopes({{"synth", 3}});
  const Layout nested = with_scopes({{"synth", 2}, {"synth/pair", 6}}),
               wider = with_scopes({{"synth", 3}, {"synth/pair", 6}});
  CHECK(sources(flat, flat, "a/z", 2, 3) == std::vector<int>{0, 1, -1});
  CHECK(sources(flat, flat, "a/z", 3, 2) == std::vector<int>{0, 1});
  // Channel c of voice v is lane c · voices + v.
  CHECK(sources(voices4, voices3, "synth/low/z", 8, 6) == std::vector<int>{0, 1, 2, 4, 5, 6});
  CHECK(sources(voices3, voices4, "synth/low/z", 3, 8) == std::vector<int>{0, 1, 2, -1, -1, -1, -1, -1});
  CHECK(sources(voices3, voices4, "synthesis/low/z", 3, 4) == std::vector<int>{0, 1, 2, -1});
  // Two voices of three copies each, and three of two: copy k of voice v is lane k · voices + v.
  CHECK(sources(nested, wider, "synth/pair/z", 6, 6) == std::vector<int>{0, 1, -1, 2, 3, -1});
  // A node that links its channels has a key per copy, with the channels of that copy alone.
  CHECK(sources(voices4, voices3, "synth/squeeze@2/z", 2, 2) == std::vector<int>{0, 1});
  CHECK(sources(flat, voices3, "synth/low/z", 1, 3) == std::vector<int>{0, -1, -1});
}

TEST_CASE("a channel and a stage of a chain sound on when others are added or taken away") {
  CHECK(played_on(echoes(2, 0), echoes(2, 0), 1) == 1);
  CHECK(played_on(echoes(2, 0), echoes(3, 0), 1) == 1);
  CHECK(played_on(echoes(4, 0), echoes(2, 0), 1) == 1);
  // 0.1 s per stage: the click is in the first stage at the swap and leaves the second after it.
  Graph two = echoes(1, 2), three = echoes(1, 3);
  const Backend& backend = best_backend();
  Audio in(1, std::vector<float>(16'000));
  in[0][10] = 1;
  const SwapRun longer = play(program_of(two, backend), in, 1, {{2'000, program_of(three, backend)}}, {128});
  CHECK(longer.out[0][14'410] == 1);
  const SwapRun shorter = play(program_of(three, backend), in, 1, {{6'000, program_of(two, backend)}}, {128});
  CHECK(shorter.out[0][9'610] == 1);
}
