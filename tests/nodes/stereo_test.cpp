// Width, mid and side, and the matrix against their sums in double precision.
#include <doctest/doctest.h>

#include <cmath>

#include "run.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

constexpr uint32_t kFrames = 2000;

// Outputs of out[o] = Σ rows[o][i] · in[i].
void check_mix(const Graph& graph, const Rows& in, const std::vector<std::vector<double>>& rows, double tolerance) {
  on_every_executor(graph, in, kFrames, {}, [&](const Rows& out) {
    REQUIRE(out.size() == rows.size());
    for (size_t o = 0; o < rows.size(); ++o) {
      std::vector<double> expected(kFrames);
      for (size_t i = 0; i < in.size(); ++i)
        for (size_t n = 0; n < kFrames; ++n) expected[n] += rows[o][i] * in[i][n];
      CHECK(worst_difference(out[o], expected) <= tolerance);
    }
  });
}

Graph wide(const std::string& type, uint32_t channels, std::vector<std::pair<std::string, std::string>> ports,
           std::vector<std::pair<std::string, SettingValue>> settings = {}) {
  Graph graph;
  graph.input("in", channels);
  ports.push_back({"in", "in"});
  graph.node("x", type, std::move(ports), std::move(settings));
  graph.output("out", "x");
  return graph;
}

Rows noises(uint32_t channels) {
  Rows rows;
  for (uint32_t c = 0; c < channels; ++c) rows.push_back(noise(kFrames, c + 1));
  return rows;
}

SettingValue rows_of(const std::vector<std::vector<double>>& rows) {
  SettingValue value{.kind = SettingKind::rows, .row_count = static_cast<uint32_t>(rows.size())};
  for (const auto& row : rows) value.numbers.insert(value.numbers.end(), row.begin(), row.end());
  return value;
}

std::vector<std::vector<double>> random_rows(size_t outputs, size_t inputs) {
  Random random(outputs * 100 + inputs);
  std::vector<std::vector<double>> rows(outputs, std::vector<double>(inputs));
  for (auto& row : rows)
    for (double& weight : row) weight = random.uniform(-1, 1);
  return rows;
}

}  // namespace

TEST_CASE("width makes mono at 0, changes nothing at 1 and doubles the side at 2") {
  const Rows in = noises(2);
  for (const double amount : {0.0, 0.3, 1.0, 2.0, 7.0}) {
    CAPTURE(amount);
    const double a = std::min(amount, 2.0), own = 0.5 + 0.5 * a, other = 0.5 - 0.5 * a;
    check_mix(wide("width", 2, {{"amount", std::to_string(amount)}}), in, {{own, other}, {other, own}},
              a == 1 ? 0 : 3e-7);
  }
}

TEST_CASE("midside keeps the power, and twice gives back what went in") {
  const Rows in = noises(2);
  const double h = std::sqrt(0.5);
  check_mix(wide("midside", 2, {}), in, {{h, h}, {h, -h}}, 2e-7);
  Graph graph;
  graph.input("in", 2).node("x", "midside", {{"in", "in"}}).node("y", "midside", {{"in", "x"}}).output("out", "y");
  check_mix(graph, in, {{1, 0}, {0, 1}}, 4e-7);
}

TEST_CASE("stereo nodes treat every pair of a wide signal by itself") {
  Graph graph;
  graph.input("in", 6);
  graph.node("x", "width", {{"in", "in"}, {"amount", "stack(0, 1, 2)"}}).node("y", "midside", {{"in", "x"}});
  graph.output("out", "y");
  const double h = std::sqrt(0.5);
  check_mix(graph, noises(6),
            {{h, h, 0, 0, 0, 0},
             {0, 0, 0, 0, 0, 0},
             {0, 0, h, h, 0, 0},
             {0, 0, h, -h, 0, 0},
             {0, 0, 0, 0, h, h},
             {0, 0, 0, 0, 2 * h, -2 * h}},
            1e-6);
}

TEST_CASE("a matrix mixes any number of channels to as many as it has rows") {
  struct Shape {
    uint32_t outputs, inputs;
  };
  for (const Shape shape : {Shape{1, 1}, {1, 2}, {2, 1}, {2, 6}, {8, 8}, {5, 17}, {24, 3}}) {
    CAPTURE(shape.outputs);
    CAPTURE(shape.inputs);
    const auto rows = random_rows(shape.outputs, shape.inputs);
    check_mix(wide("matrix", shape.inputs, {}, {{"rows", rows_of(rows)}}), noises(shape.inputs), rows, 4e-6);
  }
}

TEST_CASE("a matrix inside a composite that runs twice mixes each copy by itself") {
  const auto patch = read_patch(R"j({ "sinter": 1, "inputs": { "a": 1, "b": 1 }, "outputs": { "out": "x" },
    "nodes": [{ "id": "x", "type": "mix", "in": { "in": "stack(a, b)" } }],
    "define": { "mix": { "inputs": { "in": 1 }, "outputs": { "out": "2 * m[0] + m[2]" }, "nodes": [
      { "id": "m", "type": "matrix", "in": { "in": "stack(in, 0.5 * in)" }, "rows": [[1, 0], [0, 1], [3, -2]] } ] } } })j",
                                "patch.json", "", standard_nodes());
  REQUIRE(patch);
  check_mix(*patch, noises(2), {{4, 0}, {0, 4}}, 2e-6);
}

TEST_CASE("rows are written and read as arrays in an array, and have to fit") {
  const auto read = [](const std::string& rows) {
    return read_patch(R"j({ "sinter": 1, "inputs": { "in": 2 }, "outputs": { "out": "x" }, "nodes": [
      { "id": "x", "type": "matrix", "in": { "in": "in" }, "rows": )j" +
                          rows + "}] }",
                      "patch.json", "", standard_nodes());
  };
  const auto error = [&](const std::string& rows) {
    const auto graph = read(rows);
    if (!graph) return format(graph.errors()[0]);
    const auto compiled = compile_patch(*graph, {});
    return compiled ? std::string() : format(compiled.error());
  };
  const auto graph = read("[[1, 2], [3, 4], [5, 6]]");
  REQUIRE(graph);
  const auto again = read_patch(write_patch(*graph), "patch.json", "", standard_nodes());
  REQUIRE(again);
  CHECK(*again == *graph);
  check_mix(*again, noises(2), {{1, 2}, {3, 4}, {5, 6}}, 3e-6);
  for (const auto& [rows, part] : {std::pair{"[[1, 2], [3]]", "must be arrays of one length"},
                                   {"[[1, 2], 3]", "must be arrays of one length"},
                                   {"[[1, \"a\"]]", "each value of 'rows'"},
                                   {"[1, 2]", "must be an array of rows"},
                                   {"[]", "must be an array of rows"},
                                   {"[[]]", "needs rows of one length"},
                                   {"[[1, 2000]]", "must be from -1000 to 1000"},
                                   {"[[1, 2, 3]]", "1 rows of 3 numbers and 'in' 2 channels"}}) {
    CAPTURE(rows);
    CAPTURE(error(rows));
    CHECK(error(rows).find(part) != std::string::npos);
  }
}
