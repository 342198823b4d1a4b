// The JSON Schema of patch files: the fixed part as text, the nodes from the library's table.
#include "expr_words.hpp"
#include "json.hpp"
#include "numbers.hpp"
#include "sinter/graph/graph.hpp"
#include "sinter/graph/poly.hpp"

namespace sinter {
namespace {

constexpr std::string_view kFixed = R"(
    "signal": {
      "description": "A number, an expression, or the lines of one expression",
      "oneOf": [
        { "type": "number" },
        { "type": "string", "minLength": 1 },
        { "type": "array", "items": { "type": "string" }, "minItems": 1 }
      ]
    },
    "name": { "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
    "names": { "propertyNames": { "pattern": "^(x-.*|[A-Za-z_][A-Za-z0-9_]*)$" } },
    "param": {
      "type": "object",
      "properties": {
        "min": { "type": "number", "default": 0 },
        "max": { "type": "number", "default": 1 },
        "default": { "type": ["number", "string"], "description": "A number of the range, or one of the choices" },
        "unit": { "enum": ["", "Hz", "s", "gain", "dB", "samples", "st", "%", "beats", "turns"] },
        "scale": { "enum": ["linear", "log"] },
        "step": { "type": "number", "minimum": 0 },
        "choices": { "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1, "uniqueItems": true },
        "smooth_ms": { "type": "number", "minimum": 0, "maximum": 10000 },
        "midi": {
          "type": "object",
          "properties": { "cc": { "type": "integer", "minimum": 0, "maximum": 127 }, "note": { "type": "string" } },
          "patternProperties": { "^x-": true },
          "additionalProperties": false
        },
        "group": { "type": "string" },
        "slot": { "type": "integer", "minimum": 0 },
        "label": { "type": "string" },
        "note": { "type": "string" }
      },
      "patternProperties": { "^x-": true },
      "additionalProperties": false,
      "if": { "required": ["choices"] },
      "then": {
        "properties": {
          "min": false, "max": false, "unit": false, "scale": false, "step": false, "default": { "type": "string" }
        }
      },
      "else": { "properties": { "default": { "type": "number" } } }
    },
    "inputs": {
      "type": "object",
      "description": "Name and channels of each input",
      "patternProperties": { "^x-": true },
      "additionalProperties": { "type": "integer", "minimum": 1, "maximum": @BUS@ },
      "$ref": "#/$defs/names"
    },
    "params": {
      "type": "object",
      "patternProperties": { "^x-": true },
      "additionalProperties": { "$ref": "#/$defs/param" },
      "$ref": "#/$defs/names"
    },
    "signals": {
      "type": "object",
      "patternProperties": { "^x-": true },
      "additionalProperties": { "$ref": "#/$defs/signal" }
    },
    "outputs": { "$ref": "#/$defs/signals", "minProperties": 1 },
    "nodes": { "type": "array", "items": { "$ref": "#/$defs/node" }, "maxItems": @NODES@ },
    "definition": {
      "type": "object",
      "properties": {
        "inputs": { "$ref": "#/$defs/inputs" },
        "params": { "$ref": "#/$defs/params" },
        "nodes": { "$ref": "#/$defs/nodes" },
        "outputs": { "$ref": "#/$defs/outputs" },
        "note": { "type": "string" }
      },
      "required": ["outputs"],
      "patternProperties": { "^x-": true },
      "additionalProperties": false
    },
    "expression": {
      "type": "object",
      "properties": {@COMMON@,
        "expr": { "$ref": "#/$defs/signal" },
        "where": { "$ref": "#/$defs/signals" }
      },
      "required": ["id", "expr"],
      "patternProperties": { "^x-": true },
      "additionalProperties": false
    },
    "poly": {
      "description": "A definition played once per note; its other inputs and params are connected here",
      "type": "object",
      "properties": {
        "id": { "$ref": "#/$defs/name" },
        "type": { "const": "poly" },
        "in": {
          "type": "object",
          "properties": { "*": { "type": "boolean", "description": "true hands on parameters of the same names" }@VOICE@ },
          "patternProperties": { "^x-": true },
          "additionalProperties": { "$ref": "#/$defs/signal" }
        }@POLY@,
        "strategy": { "enum": [@WISHES@] },
        "note": { "type": "string" }
      },
      "required": ["id", "type", "of"],
      "patternProperties": { "^x-": true },
      "additionalProperties": false
    },
    "composite": {
      "description": "A node whose type is a definition",
      "type": "object",
      "properties": {@COMMON@,
        "type": { "$ref": "#/$defs/name" },
        "in": {
          "type": "object",
          "properties": { "*": { "type": "boolean", "description": "true hands on parameters of the same names" } },
          "patternProperties": { "^x-": true },
          "additionalProperties": { "$ref": "#/$defs/signal" }
        }
      },
      "required": ["id", "type"],
      "patternProperties": { "^x-": true },
      "additionalProperties": false
    })";

constexpr std::string_view kCommon = R"(
        "id": { "$ref": "#/$defs/name" },
        "channels": { "type": "integer", "minimum": 1, "maximum": @CHANNELS@ },
        "chain": { "type": "integer", "minimum": 1, "maximum": @CHAIN@ },
        "strategy": { "enum": [@WISHES@] },
        "note": { "type": "string" })";

constexpr std::string_view kPatch = R"(  "type": "object",
  "properties": {
    "sinter": { "const": 1 },
    "name": { "type": "string" },
    "meta": {
      "type": "object",
      "properties": {
        "author": { "type": "string" },
        "description": { "type": "string" },
        "category": { "type": "string" },
        "tags": { "type": "array", "items": { "type": "string" } },
        "license": { "type": "string" },
        "note": { "type": "string" }
      },
      "patternProperties": { "^x-": true },
      "additionalProperties": false
    },
    "inputs": { "$ref": "#/$defs/inputs" },
    "params": { "$ref": "#/$defs/params" },
    "nodes": { "$ref": "#/$defs/nodes" },
    "outputs": { "$ref": "#/$defs/outputs" },
    "define": {
      "type": "object",
      "patternProperties": { "^x-": true },
      "additionalProperties": { "$ref": "#/$defs/definition" },
      "$ref": "#/$defs/names"
    },
    "import": { "type": "array", "items": { "type": "string", "minLength": 1 } },
    "note": { "type": "string" }
  },
  "required": ["sinter"],
  "anyOf": [{ "required": ["outputs"] }, { "required": ["define"] }, { "required": ["import"] }],
  "patternProperties": { "^x-": true },
  "additionalProperties": false)";

std::string wishes() {
  std::string text;
  for (uint32_t w = 0; w < kWishCount; ++w)
    text += (w ? ", \"" : "\"") + std::string(name(static_cast<Wish>(w))) + "\"";
  return text;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(between)) + part;
  return text;
}

/// "hertz, 20 to 20000, default 440: what it does"
std::string describe(const Port& port) {
  std::vector<std::string> facts;
  if (port.unit != Unit::none) facts.emplace_back(name(port.unit));
  if (port.minimum > -1e300 && port.maximum < 1e300)
    facts.push_back(print_decimal(port.minimum) + " to " + print_decimal(port.maximum));
  facts.push_back(port.fallback ? "default " + print_decimal(*port.fallback) : "must be connected");
  return joined(facts, ", ") + (port.doc.empty() ? "" : ": " + std::string(port.doc));
}

std::string range(const Setting& setting) {
  std::string text;
  if (setting.minimum > -1e300) text += ", \"minimum\": " + print_decimal(setting.minimum);
  if (setting.maximum < 1e300) text += ", \"maximum\": " + print_decimal(setting.maximum);
  return text;
}

std::string setting_schema(const Setting& setting) {
  const std::string doc = setting.doc.empty() ? "" : ", \"description\": " + quote_json(setting.doc);
  switch (setting.kind) {
    case SettingKind::number:
      return "{ \"anyOf\": [{ \"type\": \"number\"" + range(setting) + " }, { \"type\": \"string\" }]" + doc + " }";
    case SettingKind::flag:
      return "{ \"type\": \"boolean\"" + doc + " }";
    case SettingKind::numbers:
      return "{ \"type\": \"array\", \"items\": { \"type\": \"number\"" + range(setting) + " }" + doc + " }";
    case SettingKind::rows:
      return "{ \"type\": \"array\", \"items\": { \"type\": \"array\", \"items\": { \"type\": \"number\"" +
             range(setting) + " } }" + doc + " }";
    case SettingKind::choice: {
      std::vector<std::string> choices;
      for (std::string_view choice : setting.choices) choices.push_back(quote_json(choice));
      return "{ \"enum\": [" + joined(choices, ", ") + "]" + doc + " }";
    }
    case SettingKind::file:
    case SettingKind::text:
      break;
  }
  return "{ \"type\": \"string\"" + doc + " }";
}

std::string node_schema(const NodeDef& def) {
  std::vector<std::string> ports, needed, settings, required = {"\"id\"", "\"type\""};
  for (const Port& port : def.inputs) {
    ports.push_back("            " + quote_json(port.name) +
                    ": { \"$ref\": \"#/$defs/signal\", \"description\": " + quote_json(describe(port)) + " }");
    if (!port.fallback) needed.push_back(quote_json(port.name));
  }
  if (!needed.empty()) required.emplace_back("\"in\"");
  for (const Setting& setting : def.settings) {
    settings.push_back(",\n        " + quote_json(setting.name) + ": " + setting_schema(setting));
    if (setting.required) required.push_back(quote_json(setting.name));
  }
  return ",\n    " + quote_json("node_" + std::string(def.type)) +
         ": {\n      \"description\": " + quote_json(def.doc) +
         ",\n      \"type\": \"object\",\n      \"properties\": {@COMMON@,\n        \"type\": { \"const\": " +
         quote_json(def.type) +
         " },\n        \"in\": {\n          \"type\": \"object\",\n          \"properties\": {\n" +
         joined(ports, ",\n") + "\n          },\n          \"required\": [" + joined(needed, ", ") +
         "],\n          \"patternProperties\": { \"^x-\": true },\n          \"additionalProperties\": false\n        "
         "}" +
         joined(settings, "") + "\n      },\n      \"required\": [" + joined(required, ", ") +
         "],\n      \"patternProperties\": { \"^x-\": true },\n      \"additionalProperties\": false\n    }";
}

/// Settings of a poly node, and the inputs that its notes set.
void put_poly(std::string& text) {
  std::string settings, voice;
  for (const Setting& setting : poly_def().settings)
    settings += ",\n        " + quote_json(setting.name) + ": " + setting_schema(setting);
  for (const Port& input : voice_inputs())
    voice += ",\n            " + quote_json(input.name) +
             ": { \"not\": {}, \"description\": " + quote_json("set by the notes: " + describe(input)) + " }";
  replace(text, "@POLY@", settings);
  replace(text, "@VOICE@", voice);
}

/// One schema for each type, chosen by `type`, so that what is wrong is named and not only that nothing fits.
std::string node_choice(const NodeLibrary& library) {
  std::vector<std::string> types = {quote_json(kPolyType)};
  std::string text =
      ",\n    \"node\": {\n      \"type\": \"object\",\n      \"allOf\": [\n"
      "        { \"if\": { \"required\": [\"expr\"] }, \"then\": { \"$ref\": \"#/$defs/expression\" } },\n"
      "        { \"if\": { \"properties\": { \"type\": { \"const\": \"poly\" } }, \"required\": [\"type\"] }, "
      "\"then\": { "
      "\"$ref\": \"#/$defs/poly\" } },\n";
  for (const NodeDef& def : library.defs) {
    types.push_back(quote_json(def.type));
    text += "        { \"if\": { \"properties\": { \"type\": { \"const\": " + types.back() +
            " } }, \"required\": [\"type\"] }, \"then\": { \"$ref\": \"#/$defs/node_" + std::string(def.type) +
            "\" } },\n";
  }
  return text +
         "        { \"if\": { \"not\": { \"anyOf\": [{ \"required\": [\"expr\"] }, { \"properties\": { \"type\": { "
         "\"enum\": [" +
         joined(types, ", ") +
         "] } }, \"required\": [\"type\"] }] } }, \"then\": { \"$ref\": \"#/$defs/composite\" } }\n      ]\n    }";
}

}  // namespace

std::string patch_schema(const NodeLibrary& library) {
  std::string text =
      "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"Sinter patch, version "
      "1\",\n" +
      std::string(kPatch) + ",\n  \"$defs\": {" + std::string(kFixed) + node_choice(library);
  for (const NodeDef& def : library.defs) text += node_schema(def);
  text += "\n  }\n}\n";
  put_poly(text);
  replace(text, "@COMMON@", kCommon);
  replace(text, "@WISHES@", wishes());
  replace(text, "@BUS@", std::to_string(kMaxBusChannels));
  replace(text, "@NODES@", std::to_string(kMaxNodesWritten));
  replace(text, "@CHANNELS@", std::to_string(kMaxSignalChannels));
  replace(text, "@CHAIN@", std::to_string(kMaxChain));
  return text;
}

}  // namespace sinter
