// What the reader finds in files, lowering finds in graphs made in C++: names, ports, settings, units, what is not
// there yet.
#include <doctest/doctest.h>

#include "lower_support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

Graph of(const std::string& text) {
  Graph graph;
  GraphParam drive;
  drive.id = "drive";
  drive.unit = Unit::decibel;
  graph.input("a").param(drive).node("g", "gain", {{"in", "a"}}).output("out", text);
  return graph;
}

Graph node(const std::string& type, std::vector<std::pair<std::string, std::string>> inputs,
           std::vector<std::pair<std::string, SettingValue>> settings = {}) {
  Graph graph = of("x");
  graph.node("x", type, std::move(inputs), std::move(settings));
  return graph;
}

}  // namespace

TEST_CASE("wrong names, arguments, units and settings are errors") {
  Graph no_output, twice = of("a"), where_chain = of("x");
  twice.expr("a", "1");
  where_chain.expr("x", "1");
  where_chain.nodes.back().chain = 2;
  const std::pair<Graph, Errc> rows[] = {
      {of("b"), Errc::unknown_name},
      {of("drive"), Errc::unknown_name},
      {of("$a"), Errc::unknown_name},
      {of("g.high"), Errc::unknown_name},
      {of("a.out"), Errc::unknown_name},
      {of("cc(a)"), Errc::bad_expression},
      {of("cc(128)"), Errc::bad_expression},
      {of("sum(a, 1.5)"), Errc::bad_expression},
      {of("sum(a, a)"), Errc::bad_expression},
      {no_output, Errc::no_output},
      {twice, Errc::duplicate_id},
      {where_chain, Errc::missing_input},
      {node("nothing", {}), Errc::unknown_type},
      {node("poly", {}), Errc::missing_key},
      {node("gain", {{"in", "a"}, {"depth", "1"}}), Errc::unknown_port},
      {node("gain", {{"in", "a"}, {"in", "1"}}), Errc::duplicate_key},
      {node("gain", {}), Errc::missing_input},
      {node("drive", {{"in", "a"}, {"drive", "$drive"}}), Errc::unit_mismatch},
      {node("settings", {}, {{"colour", {}}}), Errc::unknown_port},
      {node("settings", {}, {{"mode", {.kind = SettingKind::choice, .text = "medium"}}}), Errc::bad_setting},
      {node("settings", {}, {{"mode", {.kind = SettingKind::number}}}), Errc::wrong_type},
      {node("settings", {}, {{"size", {.kind = SettingKind::number, .number = 51}}}), Errc::out_of_range},
  };
  for (const auto& [graph, code] : rows) {
    const Error error = errors_of(graph).front();
    INFO(error.message);
    CHECK(error_name(error.code) == error_name(code));
  }
}

TEST_CASE("all errors are reported at once") { CHECK(errors_of(of("b + c + d * $e")).size() == 4); }
