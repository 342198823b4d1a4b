// The expression grammar, production by production: what a text means is written with every bracket there is.
#include "sinter/graph/expr.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace sinter;

namespace {

std::string number(double value) {
  std::string text = std::to_string(value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

/// A tree as nested lists: an independent way to write it down.
std::string tree(const Expr& expr) {
  std::string args;
  for (const Expr& arg : expr.args) args += " " + tree(arg);
  switch (expr.kind) {
    case ExprKind::number:
      return number(expr.value);
    case ExprKind::quantity:
      return "<" + number(expr.value) + " " + expr.text + ">";
    case ExprKind::param:
      return "$" + expr.text;
    case ExprKind::name:
      return expr.text;
    case ExprKind::member:
      return "(." + expr.text + args + ")";
    case ExprKind::index:
      return "([" + number(expr.value) + "]" + args + ")";
    case ExprKind::negate:
      return "(neg" + args + ")";
    case ExprKind::logical_not:
      return "(not" + args + ")";
    case ExprKind::choose:
      return "(?" + args + ")";
    case ExprKind::call:
    case ExprKind::binary:
      return "(" + expr.text + args + ")";
    case ExprKind::invalid:
      break;
  }
  return "invalid";
}

struct Row {
  const char* text;
  const char* tree;
};

}  // namespace

TEST_CASE("every production of the grammar parses to its tree") {
  const Row rows[] = {
      // expr
      {"a ? b : c", "(? a b c)"},
      {"a ? b : c ? d : e", "(? a b (? c d e))"},
      {"a ? b ? c : d : e", "(? a (? b c d) e)"},
      {"a || b ? c : d", "(? (|| a b) c d)"},
      // or, and, cmp
      {"a || b || c", "(|| (|| a b) c)"},
      {"a || b && c", "(|| a (&& b c))"},
      {"a && b || c", "(|| (&& a b) c)"},
      {"a && b && c", "(&& (&& a b) c)"},
      {"a < b", "(< a b)"},
      {"a <= b", "(<= a b)"},
      {"a > b", "(> a b)"},
      {"a >= b", "(>= a b)"},
      {"a == b", "(== a b)"},
      {"a != b", "(!= a b)"},
      {"a + 1 < b * 2 && c", "(&& (< (+ a 1) (* b 2)) c)"},
      {"(a < b) < c", "(< (< a b) c)"},
      // add, mul
      {"a + b - c", "(- (+ a b) c)"},
      {"a - (b - c)", "(- a (- b c))"},
      {"a * b / c", "(/ (* a b) c)"},
      {"a + b * c", "(+ a (* b c))"},
      {"(a + b) * c", "(* (+ a b) c)"},
      {"a / (b * c)", "(/ a (* b c))"},
      // unary
      {"-a", "(neg a)"},
      {"!a", "(not a)"},
      {"- - a", "(neg (neg a))"},
      {"!-a", "(not (neg a))"},
      {"!a != b", "(!= (not a) b)"},
      {"-a * b", "(* (neg a) b)"},
      {"a * -b", "(* a (neg b))"},
      {"a - -b", "(- a (neg b))"},
      // power
      {"2^3^4", "(^ 2 (^ 3 4))"},
      {"(2^3)^4", "(^ (^ 2 3) 4)"},
      {"-2^2", "(neg (^ 2 2))"},
      {"- 2 ^ 2", "(neg (^ 2 2))"},
      {"(-2)^2", "(^ -2 2)"},
      {"2^-1", "(^ 2 -1)"},
      {"2^-1^2", "(^ 2 (neg (^ 1 2)))"},
      {"a^b * c", "(* (^ a b) c)"},
      {"-a^2", "(neg (^ a 2))"},
      {"2^!a", "(^ 2 (not a))"},
      // post
      {"a[0]", "([0] a)"},
      {"a[-1]", "([-1] a)"},
      {"a [ 12 ]", "([12] a)"},
      {"a.b", "(.b a)"},
      {"a.b[1]", "([1] (.b a))"},
      {"a[1]^2", "(^ ([1] a) 2)"},
      {"f(a)[0]", ""},
      {"abs(a)[0]", "([0] (abs a))"},
      {"(a + b)[1]", "([1] (+ a b))"},
      {"-a[0]", "(neg ([0] a))"},
      {"-2[0]", "(neg ([0] 2))"},
      // atom
      {"1", "1"},
      {"1.5", "1.5"},
      {".5", "0.5"},
      {"1e3", "1000"},
      {"1.5E+2", "150"},
      {"25e-1", "2.5"},
      {"-3", "-3"},
      {"a", "a"},
      {"_a9", "_a9"},
      {"$a", "$a"},
      {"$min", "$min"},
      {"pi", "pi"},
      {"((a))", "a"},
      {" \t\n a \r\n ", "a"},
      {"abs(a)", "(abs a)"},
      {"abs ( a )", "(abs a)"},
      {"clamp(a, -1, 1)", "(clamp a -1 1)"},
      {"pick($m, a, b, c, d)", "(pick $m a b c d)"},
      {"stack(a)", "(stack a)"},
      {"sum(a)", "(sum a)"},
      {"sum(a, 2)", "(sum a 2)"},
      {"prev(a + prev(b))", "(prev (+ a (prev b)))"},
      {"cc(74) * modwheel", "(* (cc 74) modwheel)"},
      // quantity
      {"30ms", "<30 ms>"},
      {"1.5 s", "<1.5 s>"},
      {"440Hz", "<440 Hz>"},
      {"3.2kHz", "<3.2 kHz>"},
      {"3.2 kHz", "<3.2 kHz>"},
      {"1e3Hz", "<1000 Hz>"},
      {"6dB", "<6 dB>"},
      {"50%", "<50 %>"},
      {"50 % * a", "(* <50 %> a)"},
      {"2beats", "<2 beats>"},
      {"7st", "<7 st>"},
      {"10samples", "<10 samples>"},
      {"-6dB", "<-6 dB>"},
      {"- 6 dB", "<-6 dB>"},
      {"a * -6dB", "(* a <-6 dB>)"},
      {"a - -6dB", "(- a <-6 dB>)"},
      {"a - 30ms", "(- a <30 ms>)"},
      {"-6dB^2", "(^ <-6 dB> 2)"},
      {"2^-6dB", "(^ 2 <-6 dB>)"},
      {"-(6dB)", "(neg <6 dB>)"},
      {"--6dB", "(neg <-6 dB>)"},
      {"db(-6) * a", "(* (db -6) a)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<Expr> expr = parse_expr(row.text);
    if (!*row.tree) {
      CHECK_FALSE(bool(expr));
      continue;
    }
    REQUIRE_MESSAGE(bool(expr), format(expr.error()));
    CHECK(tree(*expr) == row.tree);
  }
}

TEST_CASE("text that is no expression gives the code and the column of what is wrong") {
  struct {
    const char* text;
    Errc code;
    uint32_t column;
  } const rows[] = {
      {"", Errc::bad_expression, 1},
      {"   ", Errc::bad_expression, 1},
      {"a +", Errc::bad_expression, 4},
      {"a + * b", Errc::bad_expression, 5},
      {"(a", Errc::bad_expression, 3},
      {"a)", Errc::bad_expression, 2},
      {"a b", Errc::bad_expression, 3},
      {"a ? b", Errc::bad_expression, 6},
      {"a < b < c", Errc::bad_expression, 7},
      {"a == b != c", Errc::bad_expression, 8},
      {"a & b", Errc::bad_expression, 3},
      {"a[x]", Errc::bad_expression, 3},
      {"a[1.5]", Errc::bad_expression, 3},
      {"a[1", Errc::bad_expression, 3},
      {"a[]", Errc::bad_expression, 3},
      {"a.", Errc::bad_expression, 3},
      {"a.1", Errc::bad_expression, 3},
      {"$", Errc::bad_expression, 2},
      {"$1", Errc::bad_expression, 2},
      {"1.", Errc::bad_expression, 3},
      {"abs", Errc::bad_expression, 1},
      {"a + tanh * 2", Errc::bad_expression, 5},
      {"abs(a", Errc::bad_expression, 6},
      {"abs(a,)", Errc::bad_expression, 7},
      {"a ü", Errc::bad_expression, 3},
      {"über", Errc::bad_expression, 1},
      {"ä + b", Errc::bad_expression, 1},
      {"a ~ \"b\"", Errc::bad_expression, 3},
      {"abs()", Errc::wrong_arity, 1},
      {"1 + abs(a, b)", Errc::wrong_arity, 5},
      {"clamp(a, b)", Errc::wrong_arity, 1},
      {"pick(a)", Errc::wrong_arity, 1},
      {"sum(a, b, c)", Errc::wrong_arity, 1},
      {"tahn(a)", Errc::unknown_name, 1},
      {"in(a)", Errc::unknown_name, 1},
      {"3 foo", Errc::bad_unit, 3},
      {"3hz", Errc::bad_unit, 2},
      {"1 + 2x", Errc::bad_unit, 6},
      {"1e999", Errc::not_finite, 1},
      {"2 * -1e400", Errc::not_finite, 5},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const Result<Expr> expr = parse_expr(row.text);
    REQUIRE_FALSE(bool(expr));
    CHECK(error_name(expr.error().code) == error_name(row.code));
    CHECK(expr.error().place.line == 1);
    CHECK(expr.error().place.column == row.column);
    CHECK_FALSE(expr.error().message.empty());
  }
}

TEST_CASE("a minus before a decibel quantity inside an expression warns, elsewhere it does not") {
  const auto warnings = [](const char* text) {
    std::vector<Error> list;
    REQUIRE(bool(parse_expr(text, {}, &list)));
    for (const Error& warning : list) CHECK(warning.code == Errc::ambiguous_minus);
    return list.size();
  };
  CHECK(warnings("x - 6dB") == 1);
  CHECK(warnings("x - 6 dB - 3dB") == 2);
  CHECK(warnings("-6dB") == 0);
  CHECK(warnings("x * -6dB") == 0);
  CHECK(warnings("x - -6dB") == 0);
  CHECK(warnings("(-6dB)") == 0);
  CHECK(warnings("x - 30ms") == 0);
}

TEST_CASE("an expression is as long and as deep as its limits and no more") {
  const auto repeat = [](const std::string& text, size_t count) {
    std::string all;
    for (size_t i = 0; i < count; ++i) all += text;
    return all;
  };
  struct {
    const char* what;
    std::string open, close;
    uint32_t limit;
  } const rows[] = {
      {"brackets", "(", ")", kMaxExpressionDepth},  {"calls", "abs(", ")", kMaxExpressionDepth},
      {"signs", "!", "", kMaxExpressionDepth},      {"powers", "2^", "", kMaxExpressionDepth},
      {"choices", "1?2:", "", kMaxExpressionDepth}, {"operators in a row", "1+", "", kMaxExpressionHeight - 1},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    for (uint32_t count : {row.limit - 1, row.limit})
      CHECK(bool(parse_expr(repeat(row.open, count) + "1" + repeat(row.close, count))));
    const Result<Expr> over = parse_expr(repeat(row.open, row.limit + 1) + "1" + repeat(row.close, row.limit + 1));
    REQUIRE_FALSE(bool(over));
    CHECK(over.error().code == Errc::limit_expression);
  }
  CHECK(bool(parse_expr("stack(" + repeat("1,", kMaxExpressionNodes - 2) + "1)")));
  const Result<Expr> over = parse_expr("stack(" + repeat("1,", kMaxExpressionNodes - 1) + "1)");
  REQUIRE_FALSE(bool(over));
  CHECK(over.error().code == Errc::limit_expression);
}

TEST_CASE("a million brackets end in an error and not in a crash") {
  for (const char* text : {"(", "-", "!", "2^", "abs(", "a?", "a?b:", "a[", "- -", "$a."}) {
    std::string all;
    while (all.size() < 1'000'000) all += text;
    CHECK_FALSE(bool(parse_expr(all)));
  }
}

TEST_CASE("numbers read to the nearest double, and too small ones to zero") {
  const auto value = [](const char* text) { return parse_expr(text)->value; };
  CHECK(value("0.1") == 0.1);
  CHECK(value("1.7976931348623157e308") == 1.7976931348623157e308);
  CHECK(value("4.9e-324") == 4.9e-324);
  CHECK(value("1e-999") == 0);
  CHECK(value("123456789012345678901234567890") == 123456789012345678901234567890.0);
  CHECK(value("0.000000000000000000000000000001e+30") == 1);
}

TEST_CASE("quantities are worth what their units say") {
  const auto worth = [](const char* text) {
    double value = -1;
    REQUIRE(literal_value(*parse_expr(text), value));
    return doctest::Approx(value).epsilon(1e-12);
  };
  CHECK(worth("30ms") == 0.03);
  CHECK(worth("2s") == 2);
  CHECK(worth("3.2kHz") == 3200);
  CHECK(worth("440Hz") == 440);
  CHECK(worth("-6dB") == 0.50118723362727229);
  CHECK(worth("-20dB") == 0.1);
  CHECK(worth("50%") == 0.5);
  CHECK(worth("12st") == 2);
  CHECK(worth("-12 st") == 0.5);
  double value = 0;
  CHECK_FALSE(literal_value(*parse_expr("10samples"), value));
  CHECK_FALSE(literal_value(*parse_expr("1beats"), value));
  CHECK_FALSE(literal_value(*parse_expr("1 + 1"), value));
}

TEST_CASE("the words of the language are reserved, everything else is a name") {
  for (const FunctionInfo& function : functions()) {
    CHECK_FALSE(is_valid_id(function.name));
    CHECK(find_function(function.name) == &function);
    CHECK_FALSE(function.doc.empty());
  }
  for (const char* word : {"pi", "sr", "i", "n", "k", "bpm", "beat", "bar", "playing", "modwheel", "cc"})
    CHECK_FALSE(is_valid_id(word));
  for (const char* word : {"a", "_", "in", "echo2", "A_b", "ms", "dB", "note", "out"}) CHECK(is_valid_id(word));
  for (const char* word : {"", "2a", "a-b", "a b", "ä", "a.b", "$a"}) CHECK_FALSE(is_valid_id(word));
}

TEST_CASE("every function of the format's list is there") {
  for (const char* name :
       {"abs", "sign",  "min",   "max",  "clamp", "floor", "ceil",  "round", "trunc", "frac",  "sqrt",
        "exp", "exp2",  "expm1", "log",  "log2",  "log10", "log1p", "pow",   "mod",   "sin",   "cos",
        "tan", "asin",  "acos",  "atan", "atan2", "sinh",  "cosh",  "tanh",  "lerp",  "step",  "smoothstep",
        "db",  "to_db", "mtof",  "ftom", "pick",  "prev",  "hold",  "sum",   "stack", "count", "cc"})
    CHECK_MESSAGE(find_function(name) != nullptr, name);
  CHECK(functions().size() == 44);
}

TEST_CASE("places inside an expression go through the offsets of its file") {
  TextOrigin origin;
  origin.file = 3;
  for (uint32_t i = 0; i <= 5; ++i) origin.offset.push_back(100 + 10 * i);
  const Result<Expr> expr = parse_expr("a + b", origin);
  REQUIRE(bool(expr));
  CHECK(expr->span.file == 3);
  CHECK(expr->span.begin == 100);
  CHECK(expr->span.end == 150);
  CHECK(expr->args[0].span.end == 110);
  CHECK(expr->args[1].span.begin == 140);
}
