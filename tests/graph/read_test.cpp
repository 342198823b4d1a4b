// What a patch file becomes when nothing is wrong with it.
#include <doctest/doctest.h>

#include "test_library.hpp"

using namespace sinter;

namespace {

Graph good(std::string_view text) {
  std::vector<Error> warnings;
  Result<Graph> graph = test::read(text, &warnings);
  REQUIRE_MESSAGE(bool(graph), (graph ? "" : format(graph.error())));
  return std::move(*graph);
}

}  // namespace

TEST_CASE("every part of the format is read into its field") {
  const Graph graph = good(R"json({
    // comments and trailing commas are allowed
    "sinter": 1,
    "name": "warm \u00e4\ud834\udd1e",
    "meta": { "author": "me", "description": "d", "category": "delay", "tags": ["tape", "old"], "license": "CC0", "x-m": [1, 2], "note": "n" },
    "inputs": { "in": 2, "side": 1 },
    "params": {
      "time": { "min": 0.01, "max": 2, "default": 0.35, "unit": "s", "scale": "log", "smooth_ms": 50, "midi": { "cc": 74, "note": "m" },
                "group": "g", "slot": 2, "label": "Time", "step": 0.01, "note": "why", "x-colour": "red" },
      "mode": { "choices": ["soft", "hard"], "default": "hard" },
      "plain": {},
    },
    "nodes": [
      { "id": "echo", "type": "delay", "in": { "in": "in + 0.6 * damp", "time": "$time", "x-here": 1 }, "max": "1500ms", "interpolation": "linear",
        "wrap": true, "channels": 2, "chain": 3, "strategy": "serial", "note": "loop", "x-y": { "b": [1 , 2] } },
      { "id": "damp", "type": "lowpass", "in": { "in": "echo", "freq": "3.2kHz", "q": 0.7 } },
      { "id": "warm", "expr": ["pick($mode, tanh(x),", "clamp(x, -1, 1)) * $plain"], "where": { "x": "in + echo" } },
      { "id": "c", "type": "comp", "in": { "*": true, "a": "warm" } },
      { "id": "t", "type": "taps", "in": { "in": "c" }, "taps": [0.5, -1], "title": "x" }, /* here too */
    ],
    "outputs": { "out": "0.5 * t", "zero": 0 },
    "define": { "comp": { "inputs": { "a": 1 }, "params": { "time": { "unit": "s" } }, "nodes": [{ "id": "f", "type": "svf", "in": { "in": "a" } }],
                          "outputs": { "out": "f.high * $time", "low": "f.low" }, "note": "inside", "x-d": null } },
    "note": "top",
    "x-z": "kept \u00e4",
  })json");
  CHECK(graph.name == "warm ä𝄞");
  CHECK(graph.meta.tags == std::vector<std::string>{"tape", "old"});
  CHECK(graph.meta.license == "CC0");
  CHECK(graph.meta.extra == Extra{{"note", "\"n\""}, {"x-m", "[1,2]"}});
  REQUIRE(graph.inputs.size() == 2);
  CHECK(graph.inputs[0].channels == 2);
  REQUIRE(graph.params.size() == 3);
  const GraphParam& time = graph.params[0];
  CHECK(time.minimum == 0.01);
  CHECK(time.maximum == 2);
  CHECK(time.fallback == 0.35);
  CHECK(time.step == 0.01);
  CHECK(time.unit == Unit::seconds);
  CHECK(time.scale == Scale::log);
  CHECK(time.smooth_ms == 50);
  CHECK(time.midi_cc == 74);
  CHECK(time.slot == 2);
  CHECK(time.group == "g");
  CHECK(time.label == "Time");
  CHECK(time.note == "why");
  CHECK(time.extra == Extra{{"midi/note", "\"m\""}, {"x-colour", "\"red\""}});
  CHECK(graph.params[1].choices == std::vector<std::string>{"soft", "hard"});
  CHECK(graph.params[1].fallback == 1);
  CHECK(graph.params[1].maximum == 1);
  CHECK(graph.params[2].maximum == 1);
  CHECK(graph.params[2].midi_cc == -1);
  REQUIRE(graph.nodes.size() == 5);
  const Node& echo = graph.nodes[0];
  CHECK(echo.inputs[1].port == "time");
  CHECK(print(echo.inputs[0].expr) == "in + 0.6 * damp");
  CHECK(echo.channels == 2);
  CHECK(echo.chain == 3);
  CHECK(echo.strategy == "serial");
  CHECK(echo.note == "loop");
  CHECK(echo.extra == Extra{{"in/x-here", "1"}, {"x-y", "{\"b\":[1,2]}"}});
  REQUIRE(echo.settings.size() == 3);
  CHECK(echo.settings[0].second.number == 1.5);
  CHECK(echo.settings[1].second.kind == SettingKind::choice);
  CHECK(echo.settings[2].second.flag);
  CHECK(graph.nodes[2].type.empty());
  CHECK(print(graph.nodes[2].expr) == "pick($mode, tanh(x), clamp(x, -1, 1)) * $plain");
  CHECK(graph.nodes[3].forward_params);
  CHECK(graph.nodes[4].settings[0].second.numbers == std::vector<double>{0.5, -1});
  CHECK(graph.outputs[1].expr == Expr::number(0));
  REQUIRE(graph.definitions.size() == 1);
  CHECK(graph.definitions[0].note == "inside");
  CHECK(graph.definitions[0].extra == Extra{{"x-d", "null"}});
  CHECK_FALSE(graph.definitions[0].imported);
  CHECK(graph.note == "top");
  CHECK(graph.extra == Extra{{"x-z", "\"kept \\u00e4\""}});
}

TEST_CASE("spans point at what was written") {
  const Graph graph = good(
      "{ \"sinter\": 1,\n  \"nodes\": [{ \"id\": \"a\", \"type\": \"amp\", \"in\": { \"in\": \"1 + 2\" } }],\n  "
      "\"outputs\": { \"out\": \"a\" } }");
  REQUIRE(graph.sources);
  const auto at = [&](const Span& span) {
    const Place place = graph.sources->place(span);
    return std::to_string(place.line) + ":" + std::to_string(place.column);
  };
  CHECK(at(graph.nodes[0].span) == "2:21");
  CHECK(at(graph.nodes[0].type_span) == "2:34");
  CHECK(at(graph.nodes[0].inputs[0].span) == "2:49");
  CHECK(at(graph.nodes[0].inputs[0].expr.args[1].span) == "2:60");
  CHECK(at(graph.outputs[0].span) == "3:16");
  CHECK(graph.sources->place({}).line == 0);
}

TEST_CASE("a byte order mark and Windows line ends change no place") {
  const Result<Graph> graph =
      test::read("\xef\xbb\xbf{ \"sinter\": 1,\r\n  \"nmae\": 1,\r\n  \"outputs\": { \"out\": 0 } }");
  REQUIRE_FALSE(bool(graph));
  CHECK(test::summary(graph.errors()) == "unknown_key 2:3");
  CHECK(graph.error().place.source == "  \"nmae\": 1,");
  const Result<Graph> first = test::read("\xef\xbb\xbf{ \"sintr\": 1 }");
  CHECK(test::summary(first.errors()) == "missing_key 1:1");
}

TEST_CASE("a line that is too long to show has its place and no text") {
  const std::string line = "{\"sinter\":1,\"nmae\":1,\"x-a\":\"";
  const auto shown = [&](size_t length) {
    const std::string text = line + std::string(length - line.size() - 2, 'x') + "\"}";
    return test::read("\n" + text).error().place;
  };
  CHECK(shown(kMaxShownLine).source.size() == kMaxShownLine);
  CHECK(shown(kMaxShownLine + 1).source.empty());
  CHECK(shown(kMaxShownLine + 1).column == shown(kMaxShownLine).column);
}

TEST_CASE("a lone literal, an empty list and missing parts are fine") {
  CHECK(good("{\"sinter\":1,\"outputs\":{\"out\":0.5}}").nodes.empty());
  CHECK(good("{\"sinter\":1,\"nodes\":[],\"outputs\":{\"out\":\"sin(2 * pi)\"}}").outputs.size() == 1);
  CHECK(good(R"json({"sinter":1,"outputs":{"out":"stack(i, n, pi, sr)"}})json").outputs.size() == 1);
}

TEST_CASE("k is known where there is a chain, i and n are known everywhere") {
  good(
      R"({"sinter":1,"inputs":{"in":1},"nodes":[{"id":"a","type":"amp","chain":3,"in":{"in":"in","gain":"k + i / n"}}],"outputs":{"out":"a"}})");
  good(
      R"json({"sinter":1,"inputs":{"in":1},"nodes":[{"id":"a","expr":"x * (k + 1)","where":{"x":"in"},"chain":2}],"outputs":{"out":"a.out"}})json");
}

TEST_CASE("units fit where they are equal, absent, or convert to what the port wants") {
  const auto gain = [](const char* value) {
    return good(
        std::string(
            R"({"sinter":1,"params":{"d":{"unit":"gain"},"p":{}},"nodes":[{"id":"a","type":"amp","in":{"in":"$d + $p","gain":")") +
        value + R"("}}],"outputs":{"out":"a"}})");
  };
  for (const char* value : {"$d", "$p", "-6dB", "50%", "0.5", "db(-6)", "2 * 3Hz"}) gain(value);
  good(
      R"({"sinter":1,"nodes":[{"id":"a","type":"lowpass","in":{"in":1,"freq":"440 * 7st","q":"7st"}}],"outputs":{"out":"a"}})");
  good(
      R"({"sinter":1,"nodes":[{"id":"a","type":"delay","max":1,"in":{"in":1,"time":"100 samples"}}],"outputs":{"out":"a"}})");
}

TEST_CASE("a good patch has no warnings, and meters need no connection") {
  std::vector<Error> warnings;
  CHECK(bool(test::read(
      R"({"sinter":1,"inputs":{"in":1},"params":{"p":{}},"nodes":[{"id":"m","type":"meter","in":{"in":"in * $p"}}],"outputs":{"out":"in"}})",
      &warnings)));
  CHECK(warnings.empty());
  CHECK(bool(test::read(R"({"sinter":1,"params":{"p":{}},"nodes":[{"id":"c","type":"one","in":{"*":true}}],
      "define":{"one":{"params":{"p":{}},"outputs":{"out":"$p"}}},"outputs":{"out":"c"}})",
                        &warnings)));
  CHECK(warnings.empty());
}

TEST_CASE("text without a folder may name no files") {
  CHECK(test::summary(test::read(R"({"sinter":1,"import":["a.json"],"outputs":{"out":0}})").errors()) ==
        "outside_folder 1:23");
  CHECK(
      test::summary(
          test::read(
              R"({"sinter":1,"nodes":[{"id":"a","type":"convolve","in":{"in":0},"file":"a.wav"}],"outputs":{"out":"a"}})")
              .errors()) == "outside_folder 1:71");
}

TEST_CASE("a parameter that is handed on to a definition is used, unless something else is connected there") {
  const auto warned = [](const char* in) {
    std::vector<Error> warnings;
    CHECK(
        bool(test::read(std::string(R"({"sinter":1,"params":{"p":{}},"nodes":[{"id":"c","type":"one","in":)") + in +
                            R"(}],"define":{"one":{"params":{"p":{}},"outputs":{"out":"$p"}}},"outputs":{"out":"c"}})",
                        &warnings)));
    return test::summary(warnings);
  };
  CHECK(warned(R"({"*":true})").empty());
  CHECK(warned(R"({"*":true,"p":1})") == "unused_param 1:23");
  CHECK(warned(R"({"*":false})") == "unused_param 1:23");
}
