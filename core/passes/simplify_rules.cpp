// Parses the rule table at compile time: a rule with a mistake does not build.
#include "sinter/passes/simplify_rules.hpp"

#include <array>
#include <bit>
#include <cmath>

namespace sinter {
namespace {

constexpr std::string_view kOpNames[] = {
#define SINTER_OP(name, sig, flags, meaning, x86, doc) #name,
#include "sinter/ir/ops.def"
#undef SINTER_OP
};

// Reached only by a mistake in the table, where it stops the compiler.
struct Mistake {};

// Letters that share a slot do not stand in one rule.
constexpr uint8_t slot_of(char letter) {
  switch (letter) {
    case 'x':
    case 'i':
      return 0;
    case 'y':
    case 'j':
      return 1;
    case 'm':
      return 2;
    case 'c':
    case 'p':
    case 'q':
      return 3;
    default:
      throw Mistake{};
  }
}

constexpr PatternNode parse_word(std::string_view word) {
  PatternNode node;
  for (uint32_t i = 0; i < kOpCount; ++i)
    if (kOpNames[i] == word) {
      node.kind = PatternNode::op;
      node.code = static_cast<Op>(i);
      return node;
    }
  if (word == "-c") return {.kind = PatternNode::negated, .variable = slot_of('c')};
  if (word == "1/p") return {.kind = PatternNode::inverse, .variable = slot_of('p')};
  if (word == "log2(q)") return {.kind = PatternNode::logarithm, .variable = slot_of('q')};
  if (word == "true") return {.kind = PatternNode::literal, .number = 1};
  if (word == "false" || word == "0") return {.kind = PatternNode::literal, .number = 0};
  if (word == "-0") return {.kind = PatternNode::literal, .number = -0.0};
  if (word == "1") return {.kind = PatternNode::literal, .number = 1};
  if (word == "-1") return {.kind = PatternNode::literal, .number = -1};
  if (word.size() != 1) throw Mistake{};
  node.variable = slot_of(word[0]);
  if (word == "c") node.kind = PatternNode::constant;
  if (word == "p") node.kind = PatternNode::power;
  if (word == "q") node.kind = PatternNode::integer_power;
  return node;
}

// Reads one term: a word, an op with its kids in parentheses, or, at the top, an op with its kids bare.
constexpr uint8_t parse_term(std::string_view text, size_t& at, Pattern& into, bool top) {
  const auto skip = [&] {
    while (at < text.size() && text[at] == ' ') ++at;
  };
  skip();
  const bool open = text[at] == '(';
  if (open) ++at;
  const size_t start = at;
  // "log2(q)" has its own parentheses.
  const bool function = text.substr(at).starts_with("log2(q)");
  if (function) at += 7;
  while (!function && at < text.size() && text[at] != ' ' && text[at] != ')') ++at;
  if (into.size == Pattern::kMaxNodes) throw Mistake{};
  const auto index = static_cast<uint8_t>(into.size++);
  into.nodes[index] = parse_word(text.substr(start, at - start));
  if (into.nodes[index].kind != PatternNode::op) return index;
  if (!open && !top) throw Mistake{};
  for (skip(); at < text.size() && text[at] != ')'; skip()) {
    const uint8_t kid = parse_term(text, at, into, false);
    into.nodes[index].kids[into.nodes[index].kid_count++] = kid;
  }
  if (open) ++at;
  return index;
}

constexpr Pattern parse_pattern(std::string_view text) {
  Pattern pattern;
  size_t at = 0;
  parse_term(text, at, pattern, true);
  if (at != text.size()) throw Mistake{};
  return pattern;
}

constexpr bool always = false, flushed = true;

constexpr SimplifyRule kRules[] = {
#define SINTER_RULE(when, pattern, replacement) \
  {when, pattern, replacement, parse_pattern(pattern), parse_pattern(replacement)},
#include "simplify_rules.def"
#undef SINTER_RULE
};

}  // namespace

std::span<const SimplifyRule> simplify_rules() { return kRules; }

uint64_t literal_bits(Type type, double number) {
  switch (type) {
    case Type::f32:
      return bits_of(static_cast<float>(number));
    case Type::f64:
      return bits_of(number);
    case Type::i32:
      return bits_of(static_cast<int32_t>(number));
    case Type::mask:
      return number != 0 ? UINT32_MAX : 0;
  }
  return 0;
}

bool literal_fits(const PatternNode& node, Type type, uint64_t bits) {
  switch (node.kind) {
    case PatternNode::literal:
      return bits == literal_bits(type, node.number);
    case PatternNode::constant:
      return true;
    case PatternNode::integer_power: {
      const auto value = static_cast<uint32_t>(bits);
      return type == Type::i32 && std::has_single_bit(value) && value > 1 && value <= 1u << 30;
    }
    case PatternNode::power: {
      // No fraction bits, and an exponent whose negative is a normal number's too.
      if (type == Type::f32) return (bits & 0x7fffff) == 0 && (bits >> 23 & 0xff) >= 1 && (bits >> 23 & 0xff) <= 253;
      return type == Type::f64 && (bits & 0xfffffffffffffu) == 0 && (bits >> 52 & 0x7ff) >= 1 &&
             (bits >> 52 & 0x7ff) <= 2045;
    }
    default:
      return false;
  }
}

}  // namespace sinter
