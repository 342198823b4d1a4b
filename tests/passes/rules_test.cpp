// Every rule of simplify, over the floating-point edge cases: the pattern and its replacement give the same bits.
#include "sinter/ir/rules.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "sinter/passes/simplify_rules.hpp"
#include "support.hpp"

using namespace sinter;
using test::Random;

namespace {

bool is_denormal(Type type, uint64_t bits) {
  if (type == Type::f32) return std::fpclassify(as_f32(bits)) == FP_SUBNORMAL;
  return type == Type::f64 && std::fpclassify(as_f64(bits)) == FP_SUBNORMAL;
}
bool is_nan(Type type, uint64_t bits) {
  return type == Type::f32 ? std::isnan(as_f32(bits)) : type == Type::f64 && std::isnan(as_f64(bits));
}
bool equal(Type type, uint64_t a, uint64_t b) { return a == b || (is_nan(type, a) && is_nan(type, b)); }

// The type of every term of a rule, given what R and T stand for: variables have the type of the place where they
// stand.
struct Typing {
  Type real = Type::f32;
  Type any = Type::f32;

  Type of_kid(const PatternNode& parent, uint32_t i) const {
    using enum Signature;
    switch (info(parent.code).signature) {
      case R_RR:
      case R_R:
      case R_RRR:
      case M_RR:
      case I_R:
        return real;
      case M_MM:
      case M_M:
        return Type::mask;
      case T_MTT:
        return i == 0 ? Type::mask : any;
      case F_D:
      case I_D:
      case D_D:
        return Type::f64;
      case D_F:
      case I_F:
        return Type::f32;
      default:
        return Type::i32;
    }
  }
  Type result(const PatternNode& node) const {
    const Signature signature = info(node.code).signature;
    return rules::result_type(signature, signature == Signature::T_MTT ? any : real);
  }
};

struct Variable {
  bool used = false;
  PatternNode node;
  Type type{};
};

struct Instance {
  const SimplifyRule& rule;
  Typing typing;
  Variable variables[kRuleVariables];
  bool fits = true;  // false where the types contradict each other: floor (to_f32 i) is no f64

  Instance(const SimplifyRule& r, Typing t) : rule(r), typing(t) { collect(0, root_type()); }
  Type root_type() const { return typing.result(rule.pattern.nodes[0]); }

  void collect(uint32_t at, Type type) {
    const PatternNode& node = rule.pattern.nodes[at];
    if (node.kind == PatternNode::op) {
      fits &= typing.result(node) == type;
      const uint32_t values = info(node.code).arity;
      for (uint32_t i = 0; i < values; ++i) collect(node.kids[i], typing.of_kid(node, i));
    } else if (node.kind != PatternNode::literal) {
      Variable& variable = variables[node.variable];
      if (variable.used) fits &= variable.type == type;
      variable = {true, node, type};
    }
  }

  uint64_t term(const Pattern& pattern, uint32_t at, Type type, const uint64_t (&values)[kRuleVariables]) const {
    const PatternNode& node = pattern.nodes[at];
    switch (node.kind) {
      case PatternNode::literal:
        return literal_bits(type, node.number);
      case PatternNode::negated:
        return evaluate(Op::neg, type, type, 0, values[node.variable], 0, 0);
      case PatternNode::inverse:
        return evaluate(Op::div, type, type, 0, literal_bits(type, 1), values[node.variable], 0);
      case PatternNode::op:
        break;
      default:
        return values[node.variable];
    }
    uint64_t args[3] = {};
    uint32_t count = 0;
    for (uint32_t i = 0; i < info(node.code).arity; ++i)
      args[i] = term(pattern, node.kids[i], typing.of_kid(node, i), values);
    if (info(node.code).signature == Signature::I_IC) {
      const PatternNode& shift = pattern.nodes[node.kids[1]];
      count = shift.kind == PatternNode::literal
                  ? static_cast<uint32_t>(shift.number)
                  : static_cast<uint32_t>(std::countr_zero(static_cast<uint32_t>(values[shift.variable])));
    }
    const uint32_t typed = info(node.code).signature == Signature::T_MTT ? 1 : 0;
    return evaluate(node.code, typing.result(node), typing.of_kid(node, typed), count, args[0], args[1], args[2]);
  }
};

template <class T>
std::vector<uint64_t> reals() {
  using L = std::numeric_limits<T>;
  std::vector<uint64_t> bits;
  for (const T v : {T(0), T(1), T(2), T(0.5), T(1.5), T(2.5), T(3), T(1e10), L::denorm_min(), L::min() / 2, L::min(),
                    L::max(), L::infinity(), L::quiet_NaN(), std::nextafter(T(1), T(2)), std::nextafter(T(1), T(0)),
                    T(2147483648.0), T(0.49999997)})
    for (const T signed_v : {v, -v}) bits.push_back(bits_of(signed_v));
  return bits;
}

std::vector<uint64_t> edge_cases(Type type) {
  switch (type) {
    case Type::f32:
      return reals<float>();
    case Type::f64:
      return reals<double>();
    case Type::mask:
      return {0, UINT32_MAX};
    case Type::i32:
      break;
  }
  return {0, 1, 2, 0xffffffff, 0x7fffffff, 0x80000000, 0x7fc00000, 0x00000001, 0x3f800000, 64};
}

uint64_t random_bits(Type type, Random& random) {
  if (type == Type::mask) return random.chance(0.5) ? UINT32_MAX : 0;
  if (type == Type::f64) return random.chance(0.5) ? random.next() : bits_of(random.uniform(-100, 100));
  if (type == Type::f32 && random.chance(0.5)) return bits_of(static_cast<float>(random.uniform(-100, 100)));
  return random.next() >> 32;
}

// A value that the variable may have: edge cases in turn, then random bits.
uint64_t choose(const Variable& variable, const std::vector<uint64_t>& edges, size_t index, Random& random) {
  uint64_t bits = index < edges.size() ? edges[index] : random_bits(variable.type, random);
  if (variable.node.kind == PatternNode::any || literal_fits(variable.node, variable.type, bits)) return bits;
  // Powers of two over their whole range.
  if (variable.type == Type::i32) return uint64_t{1} << (1 + random.below(30));
  const bool wide = variable.type == Type::f64;
  do {
    bits = wide ? uint64_t{1 + random.below(2045)} << 52 : uint64_t{1 + random.below(253)} << 23;
    if (random.chance(0.5)) bits |= wide ? uint64_t{1} << 63 : uint64_t{1} << 31;
  } while (!literal_fits(variable.node, variable.type, bits));
  return bits;
}

struct Outcome {
  uint64_t tried = 0, differs = 0, differs_without_denormals = 0;
};

Outcome try_rule(const Instance& instance, Random& random, uint64_t random_count) {
  std::vector<const Variable*> used;
  std::vector<std::vector<uint64_t>> edges;
  for (const Variable& variable : instance.variables)
    if (variable.used) used.push_back(&variable), edges.push_back(edge_cases(variable.type));
  uint64_t pairs = 1;
  for (const auto& list : edges) pairs *= list.size();
  Outcome outcome;
  for (uint64_t i = 0; i < pairs + random_count; ++i) {
    uint64_t values[kRuleVariables] = {}, rest = i;
    bool denormal = false;
    for (size_t v = 0; v < used.size(); ++v) {
      const size_t index = i < pairs ? rest % edges[v].size() : SIZE_MAX;
      rest /= edges[v].size();
      const uint64_t bits = choose(*used[v], edges[v], index, random);
      values[used[v]->node.variable] = bits;
      denormal |= is_denormal(used[v]->type, bits);
    }
    const Type type = instance.root_type();
    const uint64_t before = instance.term(instance.rule.pattern, 0, type, values);
    const uint64_t after = instance.term(instance.rule.replacement, 0, type, values);
    ++outcome.tried;
    if (equal(type, before, after)) continue;
    ++outcome.differs;
    if (denormal) continue;
    ++outcome.differs_without_denormals;
  }
  return outcome;
}

}  // namespace

TEST_CASE("every simplify rule gives the same bits as what it replaces") {
  Random random(11);
  const uint64_t count = test::scaled(2000);
  for (const SimplifyRule& rule : simplify_rules()) {
    CAPTURE(rule.pattern_text);
    CAPTURE(rule.replacement_text);
    uint64_t tried = 0, differs = 0;
    for (const Type real : {Type::f32, Type::f64})
      for (const Type any : {Type::f32, Type::f64, Type::i32, Type::mask}) {
        const Instance instance(rule, {real, any});
        if (!instance.fits) continue;
        const Outcome outcome = try_rule(instance, random, count);
        tried += outcome.tried;
        differs += outcome.differs;
        CHECK(outcome.differs_without_denormals == 0);
      }
    CHECK(tried > 0);
    if (!rule.flushed) CHECK_MESSAGE(differs == 0, "the rule holds but for denormals: mark it flushed");
    else CHECK_MESSAGE(differs > 0, "the rule holds for denormals too: mark it always");
    test::ran_on("reference", tried);
  }
}

TEST_CASE("the rules of one op stand together and each rule of the table is another one") {
  std::set<Op> finished;
  std::set<std::string_view> patterns;
  Op last = simplify_rules().front().pattern.nodes[0].code;
  for (const SimplifyRule& rule : simplify_rules()) {
    CAPTURE(rule.pattern_text);
    const Op op = rule.pattern.nodes[0].code;
    if (op != last) finished.insert(last);
    last = op;
    CHECK(finished.count(op) == 0);
    CHECK(patterns.insert(rule.pattern_text).second);
  }
}

TEST_CASE("the rule test tells a rule that is not exact") {
  // x + 0 is 0 where x is −0, and x · 0 is NaN where x is infinite: neither may be in the table.
  for (const SimplifyRule& rule : simplify_rules()) {
    CHECK(rule.pattern_text != "add x 0");
    CHECK(rule.pattern_text != "mul x 0");
  }
  SimplifyRule wrong = simplify_rules().front();
  REQUIRE(wrong.pattern_text == "add x -0");
  for (PatternNode& node : wrong.pattern.nodes)
    if (node.kind == PatternNode::literal) node.number = 0.0;
  Random random(3);
  CHECK(try_rule(Instance(wrong, {}), random, 10).differs_without_denormals > 0);
}
