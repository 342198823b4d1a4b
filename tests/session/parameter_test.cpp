// Parameter values plain, normalised and as typed.
#include "sinter/session/parameter.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace sinter;

namespace {

GraphParam param(Unit unit, double minimum, double maximum) {
  GraphParam made;
  made.id = "p";
  made.unit = unit;
  made.minimum = minimum;
  made.maximum = maximum;
  return made;
}

}  // namespace

TEST_CASE("numbers and quantities become plain values in the parameter's own unit") {
  struct Row {
    Unit unit;
    const char* text;
    double value;
  };
  const Row rows[] = {
      {Unit::none, "0.25", 0.25},
      {Unit::none, "-3", -3},
      {Unit::none, "1e2", 100},
      {Unit::none, "50%", 0.5},
      {Unit::none, "12st", 2},
      {Unit::hertz, "440", 440},
      {Unit::hertz, "440Hz", 440},
      {Unit::hertz, "3.2kHz", 3200},
      {Unit::seconds, "0.35", 0.35},
      {Unit::seconds, "350ms", 0.35},
      {Unit::seconds, "480samples", 0.01},
      {Unit::seconds, "3beats", 1.5},
      {Unit::gain, "0.5", 0.5},
      {Unit::gain, "20dB", 10},
      {Unit::gain, "-20dB", 0.1},
      {Unit::gain, "25%", 0.25},
      {Unit::decibel, "-6", -6},
      {Unit::decibel, "-6dB", -6},
      {Unit::samples, "10ms", 480},
      {Unit::samples, "7samples", 7},
      {Unit::beats, "1s", 2},
      {Unit::semitones, "-7st", -7},
      {Unit::percent, "30%", 30},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<double> value = parse_parameter(param(row.unit, -1e4, 1e4), row.text, 48'000);
    REQUIRE(value);
    CHECK(*value == doctest::Approx(row.value).epsilon(1e-12));
  }
}

TEST_CASE("what is no value of the parameter is a usage error that says why") {
  struct Row {
    Unit unit;
    const char* text;
    const char* said;
  };
  const Row rows[] = {
      {Unit::none, "", "not a number"},       {Unit::none, "loud", "not a number"},
      {Unit::none, "1 + 1", "not a number"},  {Unit::hertz, "3s", "does not fit"},
      {Unit::seconds, "3dB", "does not fit"}, {Unit::decibel, "3Hz", "does not fit"},
      {Unit::gain, "3st", "does not fit"},    {Unit::none, "101", "outside"},
      {Unit::none, "-1", "outside"},          {Unit::seconds, "200000ms", "outside"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<double> value = parse_parameter(param(row.unit, 0, 100), row.text, 48'000);
    REQUIRE_FALSE(value);
    CHECK(value.error().code == Errc::usage);
    CHECK(value.error().where == "p");
    CHECK(value.error().message.find(row.said) != std::string::npos);
  }
}

TEST_CASE("the ends of a range belong to it") {
  CHECK(*parse_parameter(param(Unit::hertz, 20, 20'000), "20kHz", 48'000) == 20'000);
  CHECK(*parse_parameter(param(Unit::hertz, 20, 20'000), "20Hz", 48'000) == 20);
}

TEST_CASE("choices are given by name") {
  GraphParam made = param(Unit::none, 0, 1);
  made.choices = {"soft", "hard"};
  CHECK(*parse_parameter(made, "hard", 48'000) == 1);
  const Result<double> none = parse_parameter(made, "1", 48'000);
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find("soft, hard") != std::string::npos);
  CHECK(parameter_text(made, 1) == "hard");
}

TEST_CASE("normalised values follow the scale, steps and choices, and come back") {
  struct Row {
    Scale scale;
    double minimum, maximum, step;
    double normalised, plain;
  };
  const Row rows[] = {
      {Scale::linear, 0, 1, 0, 0.25, 0.25}, {Scale::linear, -10, 10, 0, 0.75, 5},
      {Scale::log, 20, 20'000, 0, 0, 20},   {Scale::log, 20, 20'000, 0, 1, 20'000},
      {Scale::log, 1, 100, 0, 0.5, 10},     {Scale::linear, 0, 10, 2.5, 0.75, 7.5},
      {Scale::linear, 0, 1, 0.3, 1, 1},     {Scale::linear, 0, 1, 0.3, 0.9, 0.9},
      {Scale::linear, 5, 6, 0, 0, 5},
  };
  for (const Row& row : rows) {
    CAPTURE(row.plain);
    GraphParam made = param(Unit::none, row.minimum, row.maximum);
    made.scale = row.scale;
    made.step = row.step;
    CHECK(plain(made, row.normalised) == doctest::Approx(row.plain).epsilon(1e-12));
    CHECK(normalised(made, row.plain) == doctest::Approx(row.normalised).epsilon(1e-12));
  }
}

TEST_CASE("the nearest value lies in the range and on a step; NaN is the default") {
  GraphParam made = param(Unit::none, 0, 1);
  made.step = 0.25;
  made.fallback = 0.5;
  struct Row {
    double value, nearest;
  };
  for (const Row& row :
       {Row{0.3, 0.25}, Row{0.4, 0.5}, Row{-1, 0}, Row{2, 1}, Row{std::nan(""), 0.5}, Row{HUGE_VAL, 1}})
    CHECK(nearest_value(made, row.value) == row.nearest);
  CHECK(plain(made, std::nan("")) == 0.5);
  made.choices = {"one", "two", "three"};
  CHECK(nearest_value(made, 1.4) == 1);
  CHECK(nearest_value(made, 9) == 2);
  CHECK(parameter_text(made, 9) == "three");
}

TEST_CASE("the text of a value gives it back to six digits, at the ends of the range too") {
  for (const Unit unit : {Unit::none, Unit::hertz, Unit::seconds, Unit::gain, Unit::decibel, Unit::samples,
                          Unit::semitones, Unit::percent, Unit::turns}) {
    const GraphParam made = param(unit, 1.0 / 3, 200.0 / 3);
    for (const double value : {1.0 / 3, 1.0, 10.0 / 3, 12.345678, 200.0 / 3}) {
      const std::string text = parameter_text(made, value);
      CAPTURE(text);
      const Result<double> back = parse_parameter(made, text, 44'100);
      REQUIRE(back);
      CHECK(*back == doctest::Approx(value).epsilon(1e-5));
    }
  }
  CHECK(*parse_parameter(param(Unit::seconds, 0, 10), "2 beats", 48'000, 60) == 2);
}
