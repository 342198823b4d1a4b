// The node reference, made from the table that the compiler uses.
#include <cstdio>

#include "sinter/graph/poly.hpp"
#include "sinter/nodes/nodes.hpp"

namespace sinter {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string range(double minimum, double maximum) {
  const bool below = minimum > -1e300, above = maximum < 1e300;
  if (!below && !above) return "any";
  return (below ? number(minimum) : "−∞") + " … " + (above ? number(maximum) : "∞");
}

std::string width(uint8_t channels) { return channels == kAnyWidth ? "any" : std::to_string(channels); }

std::string port_row(const Port& port) {
  std::string row = "| `" + std::string(port.name) + "` | " + width(port.width) + " | ";
  row += (port.fallback ? number(*port.fallback) : "required") + " | " + range(port.minimum, port.maximum) + " | ";
  row += std::string(name(port.unit)) + " | " + std::string(name(port.scale)) + " | " + std::string(port.doc);
  if (port.delayed) row += "; may close a cycle";
  return row + " |\n";
}

std::string setting_row(const Setting& setting) {
  std::string values, fallback;
  switch (setting.kind) {
    case SettingKind::number:
      values = range(setting.minimum, setting.maximum);
      fallback = number(setting.fallback);
      break;
    case SettingKind::choice:
      for (std::string_view choice : setting.choices) values += (values.empty() ? "" : ", ") + std::string(choice);
      fallback = setting.choices.empty() ? "" : setting.choices[0];
      break;
    case SettingKind::flag:
      values = "true, false";
      fallback = setting.fallback != 0 ? "true" : "false";
      break;
    case SettingKind::file:
      values = "path in the patch's folder";
      break;
    case SettingKind::text:
      values = "text";
      break;
    case SettingKind::numbers:
      values = "numbers";
      break;
    case SettingKind::rows:
      values = "rows of numbers";
      break;
  }
  if (setting.required) fallback = "required";
  return "| `" + std::string(setting.name) + "` | " + fallback + " | " + values + " | " + std::string(setting.doc) +
         " |\n";
}

// `kind`: heading of the column of their names.
std::string port_table(std::string_view kind, std::span<const Port> ports) {
  if (ports.empty()) return {};
  std::string text =
      "\n| " + std::string(kind) + " | channels | default | range | unit | scale | |\n|---|---|---|---|---|---|---|\n";
  for (const Port& port : ports) text += port_row(port);
  return text;
}

std::string setting_table(const NodeDef& def) {
  if (def.settings.empty()) return {};
  std::string text = "\n| setting | default | values | |\n|---|---|---|---|\n";
  for (const Setting& setting : def.settings) text += setting_row(setting);
  return text;
}

std::string head(const NodeDef& def) {
  return "\n## " + std::string(def.type) + "\n\n" + std::string(def.doc) + "\n\n*" + std::string(name(def.category)) +
         ". Source: " + std::string(def.source) + ".*\n";
}

// Its ports are its definition's: what the notes set of them is the only thing known.
std::string poly_section() {
  return head(poly_def()) + port_table("set by the notes", voice_inputs()) + setting_table(poly_def()) +
         "\nOutputs: those of the definition but `done`, each the sum of all voices\n";
}

std::string_view caption(Picture picture) {
  constexpr std::string_view kCaptions[] = {"response", "spectrum",      "waveform", "impulse response",
                                            "decay",    "step response", "curve",    "levels"};
  return kCaptions[static_cast<size_t>(picture)];
}

std::string section(const NodeDef& def, const NodeExample* example) {
  std::string text = head(def) + port_table("input", def.inputs) + setting_table(def) + "\nOutputs:";
  for (const OutputPort& output : def.outputs)
    text += " `" + std::string(output.name) + "` (" + width(output.width) + ")";
  text += "\n";
  if (!example) return text;
  return text + "\n```json\n{ \"id\": \"x\", \"type\": \"" + std::string(def.type) + "\", " +
         std::string(example->keys) + " }\n```\n\n![" + std::string(caption(example->picture)) + " of " +
         std::string(def.type) + "](nodes/" + std::string(def.type) + ".svg)\n";
}

const NodeExample* example_of(std::string_view type) {
  for (const NodeExample& example : node_examples())
    if (example.type == type) return &example;
  return nullptr;
}

}  // namespace

std::string nodes_markdown(const NodeLibrary& library) {
  std::string text =
      "# Nodes\n\nMade from the node table by `make docs`; do not edit. Inputs are signals and are clamped to their "
      "range; settings are fixed when the patch is compiled. `sinter nodes` prints the same. Each picture is of the "
      "node above it at 48 kHz.\n";
  for (const NodeDef& def : library.defs) text += section(def, example_of(def.type));
  return text + poly_section();
}

}  // namespace sinter
