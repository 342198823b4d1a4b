// sinter nodes: the node library's table.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "sinter/graph/poly.hpp"
#include "sinter/host/command.hpp"
#include "sinter/host/json.hpp"
#include "sinter/host/terminal.hpp"
#include "sinter/sinter.hpp"

namespace sinter::host {
namespace {

struct Options {
  std::string type;
  bool json = false;
  bool schema = false;
};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

bool bounded(double limit) { return limit > -1e300 && limit < 1e300; }

std::string range(double minimum, double maximum) {
  if (!bounded(minimum) && !bounded(maximum)) return "any";
  return (bounded(minimum) ? number(minimum) : "-∞") + " … " + (bounded(maximum) ? number(maximum) : "∞");
}

std::string width(uint8_t channels) { return channels == kAnyWidth ? "any" : std::to_string(channels); }

std::string joined(const std::vector<std::string_view>& words) {
  std::string all;
  for (std::string_view word : words) all += (all.empty() ? "" : " | ") + std::string(word);
  return all;
}

std::string fallback(const Setting& setting) {
  if (setting.required) return "required";
  if (setting.kind == SettingKind::number) return number(setting.fallback);
  if (setting.kind == SettingKind::flag) return setting.fallback != 0 ? "true" : "false";
  return setting.choices.empty() ? "" : std::string(setting.choices[0]);
}

std::string_view kind_name(SettingKind kind) {
  constexpr std::string_view kNames[] = {"number", "choice", "flag", "file", "text", "numbers", "rows"};
  return kNames[static_cast<size_t>(kind)];
}

std::string values(const Setting& setting) {
  if (setting.kind == SettingKind::number) return range(setting.minimum, setting.maximum);
  return setting.kind == SettingKind::choice ? joined(setting.choices) : std::string(kind_name(setting.kind));
}

void write_port(Json& json, const Port& port) {
  json.object().field("name", port.name).key("width");
  if (port.width == kAnyWidth) json.value("any");
  else json.value(uint32_t{port.width});
  json.key("default");
  if (port.fallback) json.value(*port.fallback);
  else json.null();
  if (bounded(port.minimum)) json.field("min", port.minimum);
  if (bounded(port.maximum)) json.field("max", port.maximum);
  json.field("unit", name(port.unit))
      .field("scale", name(port.scale))
      .field("may_close_cycle", port.delayed)
      .field("doc", port.doc)
      .end();
}

void write_setting(Json& json, const Setting& setting) {
  json.object().field("name", setting.name).field("kind", kind_name(setting.kind)).field("required", setting.required);
  if (setting.kind == SettingKind::number) json.field("default", setting.fallback);
  if (setting.kind == SettingKind::number && bounded(setting.minimum)) json.field("min", setting.minimum);
  if (setting.kind == SettingKind::number && bounded(setting.maximum)) json.field("max", setting.maximum);
  if (!setting.choices.empty()) {
    json.key("choices").array();
    for (std::string_view choice : setting.choices) json.value(choice);
    json.end();
  }
  json.field("doc", setting.doc).end();
}

/// The types of the library, and poly, whose ports are its definition's.
std::vector<const NodeDef*> all_types() {
  std::vector<const NodeDef*> all;
  for (const NodeDef& def : standard_nodes().defs) all.push_back(&def);
  all.push_back(&poly_def());
  return all;
}

const NodeDef* find_type(std::string_view type) {
  return type == kPolyType ? &poly_def() : standard_nodes().find(type);
}

bool is_poly(const NodeDef& def) { return def.type == kPolyType; }

void write(Json& json, const NodeDef& def) {
  json.object()
      .field("type", def.type)
      .field("category", name(def.category))
      .field("doc", def.doc)
      .field("source", def.source);
  json.key("inputs").array();
  for (const Port& port : def.inputs) write_port(json, port);
  json.end();
  if (is_poly(def)) {
    json.key("voice_inputs").array();
    for (const Port& port : voice_inputs()) write_port(json, port);
    json.end();
  }
  json.key("settings").array();
  for (const Setting& setting : def.settings) write_setting(json, setting);
  json.end().key("outputs").array();
  for (const OutputPort& output : def.outputs)
    json.object().field("name", output.name).field("width", width(output.width)).end();
  json.end().end();
}

void print_ports(std::string_view kind, std::span<const Port> ports, bool colour) {
  if (ports.empty()) return;
  Table table({std::string(kind), "channels", "default", "range", "unit", "", ""}, {});
  for (const Port& port : ports)
    table.add({std::string(port.name), width(port.width), port.fallback ? number(*port.fallback) : "required",
               range(port.minimum, port.maximum), std::string(name(port.unit)), port.scale == Scale::log ? "log" : "",
               std::string(port.doc) + (port.delayed ? "; may close a cycle" : "")});
  std::printf("\n%s", table.text(colour).c_str());
}

void print_one(const NodeDef& def) {
  const bool colour = wants_colour(stdout);
  std::printf("%s  %s\n%s\n", toned(def.type, Tone::bold, colour).c_str(),
              toned(name(def.category), Tone::cyan, colour).c_str(), std::string(def.doc).c_str());
  print_ports("input", def.inputs, colour);
  if (is_poly(def)) print_ports("set by the notes", voice_inputs(), colour);
  if (!def.settings.empty()) {
    Table table({"setting", "default", "values", ""}, {});
    for (const Setting& setting : def.settings)
      table.add({std::string(setting.name), fallback(setting), values(setting), std::string(setting.doc)});
    std::printf("\n%s", table.text(colour).c_str());
  }
  if (!def.outputs.empty()) {
    Table table({"output", "channels"}, {});
    for (const OutputPort& output : def.outputs) table.add({std::string(output.name), width(output.width)});
    std::printf("\n%s", table.text(colour).c_str());
  }
  std::printf("\nSource: %s\n", std::string(def.source).c_str());
}

void print_all() {
  Table table({"type", "category", "inputs", "outputs"}, {});
  for (const NodeDef* type : all_types()) {
    const NodeDef& def = *type;
    std::string inputs, outputs;
    for (const Port& port : def.inputs)
      inputs += (inputs.empty() ? "" : " ") + std::string(port.name) +
                (port.fallback ? "(" + number(*port.fallback) + ")" : "");
    for (const Setting& setting : def.settings) inputs += (inputs.empty() ? "; " : " ; ") + std::string(setting.name);
    for (const OutputPort& output : def.outputs) outputs += (outputs.empty() ? "" : " ") + std::string(output.name);
    if (is_poly(def)) outputs = "those of the definition";
    table.add({std::string(def.type), std::string(name(def.category)), inputs, outputs});
  }
  std::fputs(table.text(wants_colour(stdout)).c_str(), stdout);
}

int run(const Options& options) {
  const NodeDef* one = find_type(options.type);
  if (!options.type.empty() && !one)
    return fail(
        {{.code = Errc::usage, .message = "there is no node type '" + options.type + "'; `sinter nodes` lists them"}},
        options.json);
  if (options.schema) {
    std::fputs(patch_schema(standard_nodes()).c_str(), stdout);
    return kOk;
  }
  if (!options.json) {
    if (one) print_one(*one);
    else print_all();
    return kOk;
  }
  Json json;
  if (one) {
    write(json, *one);
  } else {
    json.array();
    for (const NodeDef* def : all_types()) write(json, *def);
    json.end();
  }
  std::fputs(json.text().c_str(), stdout);
  return kOk;
}

}  // namespace

void add_nodes(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  app.add_option("TYPE", options->type, "Shows the ports, settings and outputs of one type");
  app.add_flag("--json", options->json, "As JSON");
  app.add_flag("--schema", options->schema, "The JSON Schema of patch files, for editors and validators");
  app.footer("Examples:\n  sinter nodes\n  sinter nodes delay\n  sinter nodes --json");
  app.callback([options, &result] { result = run(*options); });
}

}  // namespace sinter::host
