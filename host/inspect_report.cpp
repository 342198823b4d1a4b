// Three tables with what a person compares, then what wants sentences.
#include "inspect_report.hpp"

#include <algorithm>
#include <map>

#include "sinter/host/terminal.hpp"

namespace sinter::host {
namespace {

constexpr size_t kColumns = 100;  // of prose
constexpr size_t kListed = 56;    // columns of names in a table
constexpr auto kLeft = Table::Align::left, kRight = Table::Align::right;

Tone tone_of(Strategy strategy) {
  switch (strategy) {
    case Strategy::time_parallel:
    case Strategy::shift:
    case Strategy::sum:
    case Strategy::block:
    case Strategy::scan:
    case Strategy::either:
    case Strategy::lanes:
      return Tone::green;
    case Strategy::serial:
    case Strategy::woven:
      return Tone::yellow;
    case Strategy::external:
      return Tone::cyan;
    default:
      return Tone::dim;
  }
}

std::string shown(Strategy strategy, bool colour) { return toned(name(strategy), tone_of(strategy), colour); }

// "a b c +4": as many as a table has room for, the first in any case.
std::string few(const std::vector<std::string>& names) {
  std::string text;
  for (size_t n = 0; n < names.size(); ++n) {
    if (n && display_width(text) + display_width(names[n]) > kListed)
      return text + " +" + std::to_string(names.size() - n);
    text += (n ? " " : "") + names[n];
  }
  return text;
}

// Lines of at most kColumns; those after the first are indented as far as the first begins.
std::string wrapped(const std::string& lead, const std::string& text) {
  const size_t indent = display_width(lead);
  std::string all = lead;
  size_t column = indent;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    const size_t width = display_width(word);
    if (column > indent && column + 1 + width > kColumns) {
      all += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      all += " ";
      ++column;
    }
    all += word;
    column += width;
    at = end + 1;
  }
  return all + "\n";
}

std::string nodes_table(const CompileReport& report, bool colour) {
  Table table({"node", "type", "category", "strategy", "step", "lanes", "width", "ops", "control"},
              {kLeft, kLeft, kLeft, kLeft, kLeft, kRight, kRight, kRight, kRight});
  for (const NodeReport& node : report.nodes) {
    std::vector<std::string> steps;
    for (const uint32_t step : node.steps) steps.push_back(std::to_string(step));
    table.add({node.path, node.type, std::string(name(node.category)), shown(node.strategy, colour), few(steps),
               std::to_string(node.lanes), std::to_string(node.width), count_text(node.ops),
               count_text(node.control_ops)});
  }
  return table.text(colour);
}

std::string steps_table(const CompileReport& report, bool colour) {
  Table table({"step", "loop", "lanes", "width", "clock", "ops", "stores", "cycles", "fused nodes"},
              {kRight, kLeft, kRight, kRight, kRight, kRight, kRight, kRight, kLeft});
  double cycles = 0;
  for (size_t s = 0; s < report.steps.size(); ++s) {
    const StepReport& step = report.steps[s];
    cycles += step.cycles;
    const bool slow = step.kind == StepKind::serial || step.kind == StepKind::woven;
    table.add({std::to_string(s), toned(name(step.kind), slow ? Tone::yellow : Tone::plain, colour),
               std::to_string(step.lanes), std::to_string(step.width), std::to_string(step.clock), count_text(step.ops),
               count_text(step.stores), step.cycles > 0 ? formatted("%.1f", step.cycles) : "-", few(step.nodes)});
  }
  std::string text = table.text(colour);
  if (cycles > 0)
    text += toned("predicted: " + formatted("%.1f", cycles) + " cycles per frame", Tone::dim, colour) + "\n";
  return text;
}

std::string distance_text(const RegionReport& region, double sample_rate) {
  if (region.distance == 0) return "-";
  std::string text = count_text(region.distance);
  if (region.distance >= 64) text += " (" + time_text(region.distance / (sample_rate * region.clock)) + ")";
  return text;
}

// Keys without the fingerprint that tells the prev() of one formula from another.
std::vector<std::string> short_keys(const std::vector<std::string>& keys) {
  std::vector<std::string> all;
  for (const std::string& key : keys) all.push_back(key.substr(0, key.find(':')));
  return all;
}

std::string regions_table(const CompileReport& report, double sample_rate, bool colour) {
  if (report.regions.empty()) return "";
  Table table({"step", "recurrence", "strategy", "lanes", "width", "distance", "ops", "carries"},
              {kRight, kLeft, kLeft, kRight, kRight, kRight, kRight, kLeft});
  for (const RegionReport& region : report.regions) {
    // Reading a delay line is no recurrence.
    if (region.distance == 0 && region.obstacle == Obstacle::interpreter) continue;
    table.add({std::to_string(region.step), few(region.nodes), shown(region.strategy, colour),
               std::to_string(region.lanes), std::to_string(region.width), distance_text(region, sample_rate),
               count_text(region.ops), few(short_keys(region.carries))});
  }
  return "\n" + table.text(colour);
}

// Reasons that several share are told once.
std::string notes(const CompileReport& report, bool colour) {
  struct Note {
    std::string why, frees;
    std::vector<std::string> nodes;
  };
  std::vector<Note> all;
  for (const RegionReport& region : report.regions) {
    if (region.why.empty()) continue;
    const auto same = [&](const Note& note) { return note.why == region.why && note.frees == region.frees; };
    auto found = std::find_if(all.begin(), all.end(), same);
    if (found == all.end()) found = all.insert(all.end(), {region.why, region.frees, {}});
    for (const std::string& node : region.nodes)
      if (std::find(found->nodes.begin(), found->nodes.end(), node) == found->nodes.end()) found->nodes.push_back(node);
  }
  std::string text;
  std::map<uint32_t, std::vector<std::string>> alike;  // by how many
  for (const RegionReport& region : report.regions)
    if (region.alike) {
      std::vector<std::string>& nodes = alike[region.alike];
      if (std::find(nodes.begin(), nodes.end(), region.nodes[0]) == nodes.end()) nodes.push_back(region.nodes[0]);
    }
  for (const auto& [count, nodes] : alike)
    text += "\n" + toned(few(nodes), Tone::bold, colour) + "\n" +
            wrapped("  ", count_text(count) + " of each are written out alike: they run as lanes of one");
  for (const Note& note : all) {
    text += "\n" + toned(few(note.nodes), Tone::bold, colour) + "\n" + wrapped("  ", note.why);
    if (!note.frees.empty()) text += wrapped("  " + toned("→", Tone::green, colour) + " ", note.frees);
  }
  return text;
}

void write_names(Json& json, std::string_view key, const std::vector<std::string>& names) {
  json.key(key).array();
  for (const std::string& each : names) json.value(each);
  json.end();
}

}  // namespace

std::string report_text(const CompileReport& report, double sample_rate, bool colour) {
  return nodes_table(report, colour) + "\n" + steps_table(report, colour) + regions_table(report, sample_rate, colour) +
         notes(report, colour);
}

void write_report(Json& json, const CompileReport& report) {
  json.key("nodes").array();
  for (const NodeReport& node : report.nodes) {
    json.object().field("path", node.path).field("type", node.type).field("category", name(node.category));
    json.field("strategy", name(node.strategy)).key("steps").array();
    for (const uint32_t step : node.steps) json.value(step);
    json.end().field("lanes", node.lanes).field("width", node.width).field("ops", node.ops);
    json.field("control_ops", node.control_ops).field("why", node.why).end();
  }
  json.end().key("steps").array();
  for (const StepReport& step : report.steps) {
    json.object().field("kind", name(step.kind)).field("lanes", step.lanes).field("width", step.width);
    json.field("clock", step.clock).field("ops", step.ops).field("stores", step.stores).key("cycles");
    if (step.cycles > 0) json.value(step.cycles);
    else json.null();
    write_names(json, "nodes", step.nodes);
    json.end();
  }
  json.end().key("regions").array();
  for (const RegionReport& region : report.regions) {
    json.object().field("step", region.step).field("strategy", name(region.strategy));
    json.field("lanes", region.lanes).field("width", region.width).field("clock", region.clock);
    json.field("distance", region.distance).field("ops", region.ops).field("alike", region.alike);
    write_names(json, "nodes", region.nodes);
    write_names(json, "carries", region.carries);
    json.field("obstacle", name(region.obstacle)).field("why", region.why).field("frees", region.frees).end();
  }
  json.end();
}

}  // namespace sinter::host
