// Reading patches, good and bad, while memory runs out.
#include <doctest/doctest.h>

#include <string>

#include "sinter/sinter.hpp"
#include "sweep.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

const std::string kExamples = SINTER_SOURCE_DIR "/examples/";

constexpr std::string_view kPatch = R"json({
  "sinter": 1, "name": "a patch with some of everything", "meta": { "tags": ["test"] },
  "inputs": { "in": 2 },
  "params": { "time": { "min": 0.01, "max": 0.5, "default": 0.2, "unit": "s", "scale": "log" },
              "mode": { "choices": ["soft", "hard"], "default": "soft" } },
  "define": { "warm": { "inputs": { "x": 1 }, "nodes": [ { "id": "y", "expr": "tanh(2 * x)" } ], "outputs": { "out": "y" } } },
  "nodes": [
    { "id": "echo", "type": "delay", "in": { "in": "in + 0.6 * damp", "time": "$time" }, "max": 1 },
    { "id": "damp", "type": "lowpass", "in": { "in": "echo", "freq": "3.2kHz" } },
    { "id": "hot", "type": "warm", "in": { "x": "pick($mode, damp, clamp(damp, -1, 1))" } } ],
  "outputs": { "out": "0.5 * hot" }, "x-kept": [1, 2, 3] })json";

constexpr std::string_view kBroken = R"json({
  "sinter": 1, "inputs": { "in": 1 },
  "nodes": [ { "id": "a", "type": "lowpas", "in": { "in": "in", "freq": "3 kHz * (" } }, { "id": "a", "expr": "nowhere" } ],
  "outputs": { "out": "a + b" } })json";

/// An error as a value: so that a patch that has to fail can be swept as well.
struct Outcome {
  Result<Graph> graph;
  explicit operator bool() const { return graph || graph.error().code != Errc::out_of_memory; }
  const Error& error() const { return graph.error(); }
};

}  // namespace

TEST_CASE("reading a patch's text gives the patch, or says that there is no memory") {
  const std::string expected = write_patch(*read_patch(kPatch, "patch", "", standard_nodes()));
  const std::string name = "patch", folder;
  sweep(
      "reading text", [&] { return read_patch(kPatch, name, folder, standard_nodes()); },
      [&](const Result<Graph>& graph) { return graph && write_patch(*graph) == expected; }, only_out_of_memory);
}

TEST_CASE("reading a file with imports and assets gives the patch, or says that there is no memory") {
  for (const char* file : {"room.json", "hall.json"}) {
    const std::string path = kExamples + file;
    const Result<Graph> whole = read_patch_file(path, standard_nodes());
    REQUIRE(whole);
    const std::string expected = write_patch(*whole);
    sweep(
        std::string("reading ") + file, [&] { return read_patch_file(path, standard_nodes()); },
        [&](const Result<Graph>& graph) { return graph && write_patch(*graph) == expected; }, only_out_of_memory);
  }
}

TEST_CASE("reading a broken patch gives its errors, or says that there is no memory") {
  const std::string name = "patch", folder;
  const Result<Graph> whole = read_patch(kBroken, name, folder, standard_nodes());
  REQUIRE_FALSE(whole);
  sweep(
      "reading a broken patch", [&] { return Outcome{read_patch(kBroken, name, folder, standard_nodes())}; },
      [&](const Outcome& outcome) {
        return !outcome.graph && outcome.graph.errors().size() == whole.errors().size() &&
               format(outcome.error()) == format(whole.error());
      },
      only_out_of_memory);
}
