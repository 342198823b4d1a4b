// Printing: minimal brackets, and every tree comes back.
#include <doctest/doctest.h>

#include "random_graph.hpp"
#include "sinter/graph/expr.hpp"
#include "support.hpp"

using namespace sinter;

TEST_CASE("expressions print with no more brackets than they need") {
  for (const char* text : {"a + b - c",
                           "a - (b - c)",
                           "a * (b + c)",
                           "-a^2",
                           "(-a)^2",
                           "(-2)^2",
                           "-2^2",
                           "2^-1",
                           "2^3^4",
                           "(2^3)^4",
                           "a < b && c",
                           "(a < b) < c",
                           "a ? b : c ? d : e",
                           "(a ? b : c) ? d : e",
                           "a ? b ? c : d : e",
                           "!(a && b)",
                           "!a && b",
                           "-(a + b)",
                           "--a",
                           "a - -1",
                           "a[0].low[-1]",
                           "(a + b)[1]",
                           "clamp(x, -1, 1)",
                           "-(6dB)",
                           "-6dB",
                           "-6dB^2",
                           "-(6dB^2)",
                           "-(6dB[0])",
                           "x * -6dB",
                           "-(2)",
                           "--2",
                           "3.2kHz",
                           "50% * a",
                           "stack(a, b ? c : d)",
                           "abs(-x)",
                           "(-3)[0]",
                           "a / (b / c)",
                           "a / b / c",
                           "$x.y",
                           "1000000",
                           "0.00001",
                           "0.1",
                           "1e+20",
                           "1e-07",
                           "2.5e-10Hz"}) {
    CAPTURE(text);
    const Result<Expr> expr = parse_expr(text);
    REQUIRE(bool(expr));
    CHECK(print(*expr) == text);
  }
  CHECK(print(*parse_expr("((a)+(b*c))")) == "a + b * c");
  CHECK(print(*parse_expr("(a*b)*c")) == "a * b * c");
  CHECK(print(*parse_expr("-(a)")) == "-a");
  CHECK(print(*parse_expr("2^(-1)")) == "2^-1");
  CHECK(print(*parse_expr("a?b:(c?d:e)")) == "a ? b : c ? d : e");
}

TEST_CASE("random trees print and parse back equal") {
  test::Random random(17);
  const uint64_t count = test::scaled(20'000);
  for (uint64_t i = 0; i < count; ++i) {
    const Expr expr = test::random_expr(random, 6, {"a", "b", "svf1"}, {"p", "min"});
    const std::string text = print(expr);
    const Result<Expr> again = parse_expr(text);
    REQUIRE_MESSAGE(bool(again), text);
    REQUIRE_MESSAGE(*again == expr, text);
    REQUIRE(print(*again) == text);
  }
}
