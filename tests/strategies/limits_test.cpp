// Recurrences at the limits of what is solved: too many products, integers that decide each other, powers beyond f32.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "every_backend.hpp"
#include "sinter/ir/builder.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

std::vector<float> played(const std::shared_ptr<const Program>& program, const std::vector<float>& in) {
  Engine engine;
  engine.prepare(program);
  std::vector<float> out(in.size());
  const float* inputs[] = {in.data()};
  float* outputs[] = {out.data()};
  engine.process(inputs, outputs, static_cast<uint32_t>(in.size()));
  return out;
}

std::vector<float> clicks(uint32_t frames) {
  std::vector<float> in(frames, 0.0f);
  for (uint32_t i = 0; i < frames; i += 37) in[i] = 0.5f;
  return in;
}

// y = 0.25 prev(y) + in · c1 + in · c2 + …, each product its own inst.
Graph many_products(uint32_t count) {
  Graph graph;
  graph.input("in");
  std::string sum = "0.25 * prev(y)";
  for (uint32_t k = 0; k < count; ++k) {
    const std::string name = "p" + std::to_string(k);
    graph.expr(name, "in * " + std::to_string(0.001 * (k + 1)));
    sum += " + " + name;
  }
  graph.expr("y", sum);
  return graph.output("out", "y");
}

// Fibonacci numbers mod 2^32.
Ir two_integers() {
  Ir ir;
  ir.inputs.push_back({"in", 1});
  ir.outputs.push_back({"out", 1});
  Builder b(ir);
  const Signal newer = b.state("newer", Type::i32, 1, 1), older = b.state("older", Type::i32, 1, 0);
  b.next(newer, b.op(Op::iadd, newer, older));
  b.next(older, newer);
  b.output(0, b.op(Op::to_f32, b.op(Op::iand, newer, b.integer(0xffff))));
  return ir;
}

}  // namespace

TEST_CASE("a recurrence with more products than a table takes sounds like the reference") {
  const Graph graph = many_products(300);
  const std::vector<float> in = clicks(500), truth = played(program_of(graph, *find_backend("reference")), in);
  on_every_backend([&](const Backend& backend) {
    const std::vector<float> got = played(program_of(graph, backend, false), in);
    double worst = 0;
    for (size_t i = 0; i < in.size(); ++i) worst = std::max(worst, std::fabs(double{got[i]} - double{truth[i]}));
    CHECK(worst < 1e-3);  // of about 30
  });
}

TEST_CASE("integers that decide each other are exact on every backend") {
  on_every_backend([&](const Backend& backend) {
    CompileOptions options;
    options.backend = &backend;
    const Result<Compiled> compiled = compile(two_integers(), options);
    REQUIRE(compiled);
    const std::vector<float> got = played(compiled->program, clicks(300));
    uint32_t newer = 1, older = 0;
    for (const float value : got) {
      REQUIRE(value == static_cast<float>(newer & 0xffffu));
      older = std::exchange(newer, newer + older);
    }
  });
}

TEST_CASE("silence through a filter whose powers are beyond f32 stays silence") {
  Graph graph;
  graph.input("in").expr("y", "5 * prev(y) + in").output("out", "y");
  on_every_backend([&](const Backend& backend) {
    for (const float value : played(program_of(graph, backend, false), std::vector<float>(300, 0.0f)))
      REQUIRE(value == 0.0f);
  });
}
