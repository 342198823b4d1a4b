// The rules of `simplify` as data, parsed from simplify_rules.def while compiling.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sinter/ir/ir.hpp"

namespace sinter {

/// A node of a pattern or replacement; `kids` index into its Pattern.
struct PatternNode {
  enum Kind : uint8_t {
    op,             ///< an op over its kids
    any,            ///< a value; the same variable twice is the same value
    literal,        ///< a literal equal to `number` in its own type; as the kid of a shift, its count
    constant,       ///< c: any literal
    power,          ///< p: a literal 2^n of reals whose inverse is a normal number
    integer_power,  ///< q: an i32 literal 2^n, n from 1 to 30
    negated,        ///< -c, in replacements
    inverse,        ///< 1/p, in replacements
    logarithm,      ///< log2(q) as a shift's count, in replacements
  };
  Kind kind = any;
  Op code{};
  uint8_t variable = 0;  ///< slot: x i 0, y j 1, m 2, c p q 3
  uint8_t kid_count = 0;
  uint8_t kids[3] = {};
  double number = 0;
};

inline constexpr uint32_t kRuleVariables = 4;

/// A tree; node 0 is its root.
struct Pattern {
  static constexpr uint32_t kMaxNodes = 8;
  PatternNode nodes[kMaxNodes];
  uint32_t size = 0;
};

struct SimplifyRule {
  bool flushed = false;  ///< in strict mode only where x cannot be a denormal
  std::string_view pattern_text, replacement_text;
  Pattern pattern, replacement;
};

/// All rules, those of one op next to each other. Any thread.
std::span<const SimplifyRule> simplify_rules();

/// Bits of a rule's literal in a type: 1 in f32 is 0x3f800000; true is all bits of a mask.
uint64_t literal_bits(Type type, double number);
/// True where a literal fits the node: `literal`, `constant`, `power` or `integer_power`.
bool literal_fits(const PatternNode& node, Type type, uint64_t bits);

}  // namespace sinter
