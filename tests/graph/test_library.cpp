// Types named as Sinter's, so that the tests read as patches do.
#include "test_library.hpp"

namespace sinter::test {

const NodeLibrary& small_library() {
  static const NodeLibrary library = [] {
    const Port in{.name = "in", .doc = "signal"};
    const Port freq{
        .name = "freq", .fallback = 1000, .minimum = 1, .maximum = 20'000, .unit = Unit::hertz, .scale = Scale::log};
    const Port gain{.name = "gain", .fallback = 1, .minimum = 0, .maximum = 64, .unit = Unit::gain};
    NodeLibrary all;
    all.defs.push_back(
        {.type = "sine", .inputs = {freq, {.name = "phase", .fallback = 0, .unit = Unit::turns}}, .doc = "a sine"});
    all.defs.push_back({.type = "lowpass",
                        .category = Category::stateful,
                        .inputs = {in, freq, {.name = "q", .fallback = 0.7, .minimum = 0.1, .maximum = 100}},
                        .doc = "a filter"});
    all.defs.push_back({.type = "svf",
                        .category = Category::stateful,
                        .inputs = {in, freq},
                        .outputs = {{"low"}, {"band"}, {"high"}},
                        .doc = "three filters"});
    all.defs.push_back({.type = "amp", .inputs = {in, gain}, .doc = "a gain"});
    all.defs.push_back(
        {.type = "delay",
         .category = Category::stateful,
         .inputs =
             {in,
              {.name = "time", .fallback = 0.1, .minimum = 0, .maximum = 30, .unit = Unit::seconds, .delayed = true}},
         .settings =
             {{.name = "max", .fallback = 1, .minimum = 0, .maximum = 30, .required = true, .doc = "longest time"},
              {.name = "interpolation", .kind = SettingKind::choice, .choices = {"none", "linear", "cubic"}},
              {.name = "wrap", .kind = SettingKind::flag}},
         .doc = "a delay"});
    all.defs.push_back(
        {.type = "samples",
         .category = Category::stateful,
         .inputs = {in, {.name = "n", .fallback = 1, .minimum = 0, .maximum = 1000, .unit = Unit::samples}},
         .doc = "a delay in samples"});
    all.defs.push_back({.type = "taps",
                        .category = Category::stateful,
                        .inputs = {in},
                        .settings = {{.name = "taps", .kind = SettingKind::numbers, .minimum = -10, .maximum = 10},
                                     {.name = "title", .kind = SettingKind::text}}});
    all.defs.push_back({.type = "convolve",
                        .category = Category::external,
                        .inputs = {{.name = "in", .width = kAnyWidth}},
                        .settings = {{.name = "file", .kind = SettingKind::file, .required = true}}});
    all.defs.push_back({.type = "meter", .inputs = {{.name = "in", .width = kAnyWidth}}});
    return all;
  }();
  return library;
}

Result<Graph> read(std::string_view text, std::vector<Error>* warnings) {
  return read_patch(text, "test.json", "", small_library(), warnings);
}

std::string summary(const std::vector<Error>& errors) {
  std::string text;
  for (const Error& error : errors) {
    if (!text.empty()) text += "; ";
    text += std::string(error_name(error.code)) + " " + std::to_string(error.place.line) + ":" +
            std::to_string(error.place.column);
  }
  return text;
}

}  // namespace sinter::test
