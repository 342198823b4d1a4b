// Reading what was written gives an equal graph, and writing that gives the same text.
#include <doctest/doctest.h>

#include "random_graph.hpp"
#include "test_library.hpp"

using namespace sinter;

namespace {

void check_round_trip(const Graph& graph) {
  const std::string text = write_patch(graph);
  const Result<Graph> again = test::read(text);
  REQUIRE_MESSAGE(bool(again), format(again.error()) << "\n" << text);
  REQUIRE_MESSAGE(*again == graph, text << "\n" << write_patch(*again));
  REQUIRE(write_patch(*again) == text);
}

}  // namespace

TEST_CASE("a patch is written in the format's order, a line per parameter and node") {
  const char* text = R"json({
  "sinter": 1,
  "name": "warm \"echo\"",
  "meta": { "author": "me", "tags": ["tape"], "license": "CC0", "x-m": 1 },
  "inputs": { "in": 2, "x-i": null },
  "params": {
    "time": { "min": 0.01, "max": 2, "default": 0.35, "unit": "s", "scale": "log", "smooth_ms": 50, "midi": { "cc": 74, "x-c": [1] }, "group": "g", "slot": 2, "label": "T", "note": "n", "x-p": "ä" },
    "mode": { "choices": ["soft", "hard"], "default": "hard" }
  },
  "nodes": [
    { "id": "echo", "type": "delay", "in": { "in": "in + 0.6 * damp", "time": "$time" }, "max": 2, "interpolation": "linear", "channels": 2, "strategy": "serial", "note": "n", "x-n": {} },
    { "id": "damp", "type": "lowpass", "in": { "in": "echo", "freq": "3.2kHz", "q": 0.7 }, "chain": 2 },
    { "id": "warm", "expr": "pick($mode, tanh(x), -1)", "where": { "x": "echo + damp" } },
    { "id": "c", "type": "comp", "in": { "*": true, "a": 1e-07 } }
  ],
  "outputs": { "out": "0.5 * warm + c", "other": -0.25 },
  "define": {
    "comp": {
      "inputs": { "a": 1 },
      "nodes": [
        { "id": "b", "expr": "a * 2" }
      ],
      "outputs": { "out": "b" },
      "note": "inside"
    }
  },
  "note": "last",
  "x-z": [1,{"a":2}]
}
)json";
  const Result<Graph> graph = test::read(text);
  REQUIRE_MESSAGE(bool(graph), (graph ? "" : format(graph.error())));
  CHECK(write_patch(*graph) == text);
  check_round_trip(*graph);
}

TEST_CASE("random graphs of every construct come back equal") {
  test::Random random(4);
  const uint64_t count = test::scaled(1'000);
  for (uint64_t i = 0; i < count; ++i) {
    CAPTURE(i);
    check_round_trip(test::random_graph(random));
  }
}

TEST_CASE("graphs differ where anything that a patch says differs") {
  const char* text =
      R"({"sinter":1,"inputs":{"a":1},"params":{"p":{}},"nodes":[{"id":"b","type":"amp","in":{"in":"a * $p"}}],"outputs":{"out":"b"}})";
  const Graph graph = *test::read(text);
  const auto differs = [&](auto change) {
    Graph other = graph;
    change(other);
    return !(other == graph);
  };
  CHECK_FALSE(differs([](Graph&) {}));
  CHECK_FALSE(differs([](Graph& g) {
    g.folder = "/x";
    g.sources.reset();
    g.nodes[0].span = {};
  }));
  CHECK(differs([](Graph& g) { g.name = "x"; }));
  CHECK(differs([](Graph& g) { g.note = "x"; }));
  CHECK(differs([](Graph& g) { g.meta.author = "x"; }));
  CHECK(differs([](Graph& g) { g.imports.emplace_back("x"); }));
  CHECK(differs([](Graph& g) { g.definitions.emplace_back(); }));
  CHECK(differs([](Graph& g) { g.extra.emplace_back("x-a", "1"); }));
  CHECK(differs([](Graph& g) { g.inputs[0].channels = 2; }));
  CHECK(differs([](Graph& g) { g.params[0].maximum = 2; }));
  CHECK(differs([](Graph& g) { g.nodes[0].inputs[0].expr.args[0].text = "b"; }));
  CHECK(differs([](Graph& g) { g.nodes[0].chain = 2; }));
  CHECK(differs([](Graph& g) { g.outputs.clear(); }));
}

TEST_CASE("every setting of a poly is written as it was read") {
  const char* text = R"({ "sinter": 1, "define": { "voice": { "inputs": { "freq": 1, "in": 1 }, "params": { "p": {} },
      "outputs": { "out": "freq * in * $p", "done": 0 } } },
      "nodes": [{ "id": "a", "type": "poly", "of": "voice", "voices": 3, "mode": "legato", "glide": "30ms", "bend_range": 12, "mpe_bend_range": 24,
                  "steal": "quietest", "notes": [36, 48], "choke": "hats", "tuning": "lib/fifths.scl", "strategy": "serial", "note": "n", "x-y": 1,
                  "in": { "in": 1, "p": "cc(74) + modwheel + 2beats" } }],
      "outputs": { "out": "a * frac(beat) * bar * playing * bpm" } })";
  const std::string folder = std::string(SINTER_SOURCE_DIR) + "/tests/graph/broken";
  const auto read = [&](std::string_view patch) {
    return read_patch(patch, "poly.json", folder, test::small_library());
  };
  const Result<Graph> graph = read(text);
  if (!graph) FAIL(format(graph.error()));
  CHECK(graph->nodes[0].settings.size() == 10);
  const Result<Graph> again = read(write_patch(*graph));
  if (!again) FAIL(format(again.error()));
  CHECK(*again == *graph);
}
