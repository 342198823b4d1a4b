// Every function and operator against C++'s double-precision library, and the IR that expressions become.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "lower_support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

// The f64 library is stated at 4 ulp; formulas of a few such steps stay within this.
constexpr double kRelative = 1e-13;

double value_of(const std::string& text, double x = 0, double y = 0) {
  Graph graph;
  graph.input("x").input("y").output("out", text);
  return first_sample(graph, {x, y}).at(0);
}

void check_close(const std::string& text, double got, double wanted) {
  INFO(text, ": got ", got, ", wanted ", wanted);
  if (std::isnan(wanted)) CHECK(std::isnan(got));
  else if (std::isinf(wanted)) CHECK(got == wanted);
  else CHECK(std::abs(got - wanted) <= kRelative * std::max(1.0, std::abs(wanted)));
}

}  // namespace

TEST_CASE("every function of one argument is what C++ computes in double precision") {
  struct Row {
    const char* name;
    double (*reference)(double);
    double lo, hi;
  };
  const Row rows[] = {
      {"abs", [](double x) { return std::abs(x); }, -3, 3},
      {"sign", [](double x) { return x > 0   ? 1.0
                                     : x < 0 ? -1.0
                                             : 0.0; }, -3, 3},
      {"floor", [](double x) { return std::floor(x); }, -3, 3},
      {"ceil", [](double x) { return std::ceil(x); }, -3, 3},
      {"round", [](double x) { return std::nearbyint(x); }, -3, 3},
      {"trunc", [](double x) { return std::trunc(x); }, -3, 3},
      {"frac", [](double x) { return x - std::floor(x); }, -3, 3},
      {"sqrt", [](double x) { return std::sqrt(x); }, 0, 9},
      {"exp", [](double x) { return std::exp(x); }, -3, 3},
      {"exp2", [](double x) { return std::exp2(x); }, -3, 3},
      {"expm1", [](double x) { return std::expm1(x); }, -1, 1},
      {"log", [](double x) { return std::log(x); }, 0.1, 9},
      {"log2", [](double x) { return std::log2(x); }, 0.1, 9},
      {"log10", [](double x) { return std::log10(x); }, 0.1, 9},
      {"log1p", [](double x) { return std::log1p(x); }, -0.5, 9},
      {"sin", [](double x) { return std::sin(x); }, -9, 9},
      {"cos", [](double x) { return std::cos(x); }, -9, 9},
      {"tan", [](double x) { return std::tan(x); }, -1.4, 1.4},
      {"asin", [](double x) { return std::asin(x); }, -1, 1},
      {"acos", [](double x) { return std::acos(x); }, -1, 1},
      {"atan", [](double x) { return std::atan(x); }, -9, 9},
      {"sinh", [](double x) { return std::sinh(x); }, -3, 3},
      {"cosh", [](double x) { return std::cosh(x); }, -3, 3},
      {"tanh", [](double x) { return std::tanh(x); }, -3, 3},
      {"db", [](double x) { return std::pow(10, x / 20); }, -60, 20},
      {"to_db", [](double x) { return 20 * std::log10(std::abs(x)); }, 0.01, 9},
      {"mtof", [](double x) { return 440 * std::exp2((x - 69) / 12); }, 0, 127},
      {"ftom", [](double x) { return 69 + 12 * std::log2(x / 440); }, 20, 20'000},
      {"hold", [](double x) { return x; }, -3, 3},
      {"sum", [](double x) { return x; }, -3, 3},
      {"stack", [](double x) { return x; }, -3, 3},
      {"count", [](double) { return 1.0; }, -3, 3},
      {"prev", [](double) { return 0.0; }, -3, 3},
  };
  for (const Row& row : rows) {
    const std::string text = std::string(row.name) + "(x)";
    for (int i = 0; i <= 24; ++i) {
      const double x = row.lo + (row.hi - row.lo) * i / 24;
      check_close(text + " at " + std::to_string(x), value_of(text, x), row.reference(x));
    }
  }
}

TEST_CASE("every function of several arguments and every operator is what C++ computes") {
  const std::pair<const char*, std::function<double(double, double)>> rows[] = {
      {"min(x, y)", [](double x, double y) { return std::min(x, y); }},
      {"max(x, y)", [](double x, double y) { return std::max(x, y); }},
      {"clamp(x, -1, y)", [](double x, double y) { return std::min(std::max(x, -1.0), y); }},
      {"mod(x, y)", [](double x, double y) { return x - y * std::floor(x / y); }},
      {"pow(y, x)", [](double x, double y) { return std::pow(y, x); }},
      {"y ^ x", [](double x, double y) { return std::pow(y, x); }},
      {"x ^ 2", [](double x, double) { return x * x; }},
      {"x ^ 3", [](double x, double) { return x * x * x; }},
      {"x ^ 4", [](double x, double) { return x * x * x * x; }},
      {"x ^ -1", [](double x, double) { return 1 / x; }},
      {"-x ^ 2", [](double x, double) { return -(x * x); }},
      {"atan2(x, y)", [](double x, double y) { return std::atan2(x, y); }},
      {"lerp(x, y, 0.25)", [](double x, double y) { return x + (y - x) * 0.25; }},
      {"step(x, y)", [](double x, double y) { return y < x ? 0.0 : 1.0; }},
      {"smoothstep(-2, y, x)",
       [](double x, double y) {
         const double t = std::clamp((x + 2) / (y + 2), 0.0, 1.0);
         return t * t * (3 - 2 * t);
       }},
      {"pick(x, 10, 20, 30)", [](double x, double) { return x >= 2   ? 30.0
                                                            : x >= 1 ? 20.0
                                                                     : 10.0; }},
      {"x + y", [](double x, double y) { return x + y; }},
      {"x - y", [](double x, double y) { return x - y; }},
      {"x * y", [](double x, double y) { return x * y; }},
      {"x / y", [](double x, double y) { return x / y; }},
      {"x < y", [](double x, double y) { return x < y ? 1.0 : 0.0; }},
      {"x <= y", [](double x, double y) { return x <= y ? 1.0 : 0.0; }},
      {"x > y", [](double x, double y) { return x > y ? 1.0 : 0.0; }},
      {"x >= y", [](double x, double y) { return x >= y ? 1.0 : 0.0; }},
      {"x == y", [](double x, double y) { return x == y ? 1.0 : 0.0; }},
      {"x != y", [](double x, double y) { return x != y ? 1.0 : 0.0; }},
      {"x && y", [](double x, double y) { return x != 0 && y != 0 ? 1.0 : 0.0; }},
      {"x || y", [](double x, double y) { return x != 0 || y != 0 ? 1.0 : 0.0; }},
      {"!x", [](double x, double) { return x == 0 ? 1.0 : 0.0; }},
      {"!(x > 0) + (y > 1) * 2", [](double x, double y) { return (x > 0 ? 0.0 : 1.0) + (y > 1 ? 2.0 : 0.0); }},
      {"x > 0 ? y : -y", [](double x, double y) { return x > 0 ? y : -y; }},
      {"(x > 0) == (y > 1)", [](double x, double y) { return (x > 0) == (y > 1) ? 1.0 : 0.0; }},
  };
  for (const auto& [text, reference] : rows)
    for (const double x : {-2.5, -1.0, 0.0, 0.5, 1.0, 2.0, 7.25})
      for (const double y : {0.5, 1.0, 3.0})
        check_close(std::string(text) + " at " + std::to_string(x) + ", " + std::to_string(y), value_of(text, x, y),
                    reference(x, y));
}

TEST_CASE("pick takes the first choice for NaN") { CHECK(value_of("pick(x, 10, 20, 30)", std::nan("")) == 10); }

TEST_CASE("quantities and constants have the unit of signals") {
  const std::pair<const char*, double> rows[] = {
      {"250ms", 0.25}, {"2s", 2},   {"440Hz", 440}, {"3.2kHz", 3200},     {"-6dB", std::pow(10, -0.3)},
      {"40%", 0.4},    {"12st", 2}, {"-12st", 0.5}, {"480samples", 0.01}, {"pi", std::numbers::pi},
      {"sr", 48'000},  {"i", 0},    {"n", 1},
  };
  for (const auto& [text, wanted] : rows) check_close(text, value_of(text), wanted);
}

TEST_CASE("prev is the sample before and may read what is written after it") {
  Graph graph;
  graph.input("x")
      .expr("y", "x + 0.5 * prev(y)")
      .expr("twice", "prev(prev(x))")
      .output("out", "y")
      .output("late", "twice");
  const Ir ir = lowered(graph);
  IrPlayer player(ir);
  CHECK(player.step({1}) == std::vector<double>{1, 0});
  CHECK(player.step({2}) == std::vector<double>{2.5, 0});
  CHECK(player.step({0}) == std::vector<double>{1.25, 1});
  CHECK(player.step({0}) == std::vector<double>{0.625, 2});
}

TEST_CASE("an anonymous prev keeps its key when another one is added elsewhere in the formula") {
  Graph before, after;
  before.input("x").expr("y", "x - prev(x)").output("out", "y");
  after.input("x").expr("y", "prev(2 * x) + x - prev(x)").output("out", "y");
  const Ir a = lowered(before), b = lowered(after);
  REQUIRE(a.states.size() == 1);
  REQUIRE(b.states.size() == 2);
  CHECK(a.states[0].key.substr(0, 7) == "y/prev:");
  CHECK(std::any_of(b.states.begin(), b.states.end(),
                    [&](const StateDecl& state) { return state.key == a.states[0].key; }));
}

TEST_CASE("equal prevs of one formula are two states with two keys") {
  Graph graph;
  graph.input("x").expr("y", "prev(x) + prev(x)").output("out", "y");
  const Ir ir = lowered(graph);
  REQUIRE(ir.states.size() == 2);
  CHECK(ir.states[1].key == ir.states[0].key + ":1");
}

TEST_CASE("hold keeps a sample-rate signal through a control cell") {
  Graph graph;
  graph.input("x").output("out", "hold(x)");
  const Ir ir = lowered(graph);
  IrPlayer player(ir);
  CHECK(player.step({3})[0] == 3);
  for (uint32_t i = 1; i < kGridFrames; ++i) CHECK(player.step({double(i)})[0] == 3);
  CHECK(player.step({5})[0] == 5);
}

TEST_CASE("where names are formulas over the patch, used as often as wanted") {
  Graph graph;
  graph.input("x").expr("y", "a * a + b", {{"a", "x + 1"}, {"b", "2 * x"}}).output("out", "y");
  CHECK(first_sample(graph, {3}) == std::vector<double>{22});
  CHECK(count_op(lowered(graph), Op::mul) == 2);
}

TEST_CASE("an expression becomes the ops it is written with, and equal parts are computed once") {
  Graph graph;
  graph.input("x").output("out", "abs(0.5 * x + 1) + abs(1 + x * 0.5)");
  const Ir ir = lowered(graph, false);
  std::vector<Op> ops;
  for (const Inst& inst : ir.insts)
    if (inst.op != Op::constant) ops.push_back(inst.op);
  CHECK(ops == std::vector<Op>{Op::input, Op::mul, Op::add, Op::abs, Op::add, Op::output});
}

TEST_CASE("comparisons stay masks until a number is needed") {
  Graph graph;
  graph.input("x").output("out", "x > 0 && !(x > 1) ? x : 0");
  const Ir ir = lowered(graph, false);
  CHECK(count_op(ir, Op::select) == 1);
  CHECK(count_op(ir, Op::mask_and) == 1);
  CHECK(count_op(ir, Op::ne) == 0);
}

TEST_CASE("a truth value crosses nodes as a truth value") {
  Graph graph;
  graph.input("x").expr("gate", "x > 0").output("out", "gate ? 2 : 3").output("number", "gate + 1");
  CHECK(first_sample(graph, {1}) == std::vector<double>{2, 2});
  CHECK(first_sample(graph, {-1}) == std::vector<double>{3, 1});
  CHECK(count_op(lowered(graph), Op::ne) == 0);
}

TEST_CASE("parameters are control values with their declared range, choices are whole numbers") {
  Graph graph;
  GraphParam drive, mode;
  drive.id = "drive";
  drive.minimum = 0;
  drive.maximum = 24;
  drive.fallback = 6;
  drive.smooth_ms = 50;
  mode.id = "mode";
  mode.choices = {"soft", "hard", "fold"};
  mode.fallback = 2;
  graph.param(drive).param(mode).output("out", "$drive + pick($mode, 100, 200, 300)");
  const Ir ir = lowered(graph);
  REQUIRE(ir.params.size() == 2);
  CHECK(ir.params[0].smooth_seconds == 0.05);
  CHECK(ir.params[0].maximum == 24);
  CHECK(ir.params[1].maximum == 2);
  IrPlayer player(ir);
  CHECK(player.step({})[0] == 306);
  player.params[1] = 0;
  CHECK(player.step({})[0] == 106);
}

TEST_CASE("the longest formula that parses lowers") {
  std::string text = "x";
  for (int i = 1; i < 1'000; ++i) text += " + " + std::to_string(i);
  Graph graph;
  graph.input("x").output("out", text);
  CHECK(count_op(lowered(graph), Op::add) == 999);
}
