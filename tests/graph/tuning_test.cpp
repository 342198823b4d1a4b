// Scala scales: what each key sounds at, and what is no scale.
#include "sinter/graph/tuning.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <utility>

using namespace sinter;

namespace {

constexpr double kMiddleC = 261.6255653005986;
constexpr double kRelative = 1e-14;  // a power and two products in double precision

bool close(double a, double b) { return std::abs(a - b) <= kRelative * std::abs(b); }

}  // namespace

TEST_CASE("twelve equal steps have key 69 at 440 Hz and middle C at 261.6256") {
  const std::vector<double> keys = equal_temperament();
  REQUIRE(keys.size() == kKeys);
  CHECK(keys[69] == 440);
  CHECK(close(keys[60], kMiddleC));
  CHECK(close(keys[81], 880));
}

TEST_CASE("a scale begins on middle C and goes on in its own octave upwards and downwards") {
  const auto keys = parse_tuning(
      "! comment.scl\n!\nA scale of ratios and cents\n 3\n!\n 5/4 a third\n 701.955 cents a fifth\r\n 2\n! the end\n");
  REQUIRE(bool(keys));
  CHECK(close((*keys)[60], kMiddleC));
  CHECK(close((*keys)[61], kMiddleC * 1.25));
  CHECK(close((*keys)[62], kMiddleC * std::exp2(701.955 / 1200)));
  CHECK(close((*keys)[63], kMiddleC * 2));
  CHECK(close((*keys)[59], kMiddleC * std::exp2(701.955 / 1200) / 2));
  CHECK(close((*keys)[57], kMiddleC / 2));
  CHECK(close((*keys)[0], kMiddleC * std::exp2(-20)));
}

TEST_CASE("the scale of twelve equal steps is what there is without one") {
  std::string text = "equal\n12\n";
  for (int i = 1; i <= 12; ++i) text += std::to_string(i * 100) + ".0\n";
  const auto keys = parse_tuning(text);
  REQUIRE(bool(keys));
  for (uint32_t key = 0; key < kKeys; ++key) CHECK(close((*keys)[key], equal_temperament()[key]));
}

TEST_CASE("what is no scale is an error with its line") {
  const std::pair<const char*, const char*> rows[] = {
      {"", "line 1: it is empty"},
      {"! nothing but remarks\n", "line 1: it is empty"},
      {"name\n", "line 1: the number of degrees is missing"},
      {"name\n0\n", "line 2: the second line"},
      {"name\n1025\n", "line 2: the second line"},
      {"name\n-3\n", "line 2: the second line"},
      {"name\n2\n3/2\n", "line 3: it has 1 degrees"},
      {"name\n1\ntwo\n", "line 3: a degree is"},
      {"name\n1\n3/0\n", "line 3: a degree is"},
      {"name\n1\n-3/2\n", "line 3: a degree is"},
      {"name\n1\n1.2.3\n", "line 3: a degree is"},
      {"name\n1\n.\n", "line 3: a degree is"},
      {"name\n1\n99999999999999999999\n", "line 3: a degree is"},
      {"name\n1\n1000\n", "line 3: key 0 would be at"},
  };
  for (const auto& [text, message] : rows) {
    const auto keys = parse_tuning(text);
    INFO(text);
    REQUIRE_FALSE(bool(keys));
    CHECK(keys.error().code == Errc::bad_tuning);
    CHECK_MESSAGE(keys.error().message.starts_with(message), keys.error().message);
  }
}
