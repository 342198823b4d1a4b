// A graph as a patch file: one line per parameter and node, so that changes can be read as differences of lines.
#include "json.hpp"
#include "numbers.hpp"
#include "sinter/graph/graph.hpp"

namespace sinter {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;  // key and JSON text

std::string on_one_line(const Fields& fields) {
  if (fields.empty()) return "{}";
  std::string text = "{ ";
  for (const auto& [key, value] : fields) text += (text.size() > 2 ? ", " : "") + quote_json(key) + ": " + value;
  return text + " }";
}

std::string on_lines(const Fields& fields, size_t level) {
  if (fields.empty()) return "{}";
  const std::string indent(2 * level, ' ');
  std::string text;
  for (const auto& [key, value] : fields)
    text += (text.empty() ? "{\n  " : ",\n  ") + indent + quote_json(key) + ": " + value;
  return text + '\n' + indent + '}';
}

std::string array(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? ", " : "") + item;
  return text + ']';
}

std::string quoted_array(const std::vector<std::string>& items) {
  std::vector<std::string> quoted;
  for (const std::string& item : items) quoted.push_back(quote_json(item));
  return array(quoted);
}

void put_text(Fields& fields, const char* key, const std::string& text) {
  if (!text.empty()) fields.emplace_back(key, quote_json(text));
}
void put_number(Fields& fields, const char* key, double value, double silent) {
  if (value != silent) fields.emplace_back(key, print_decimal(value));
}

/// The extra keys that lie at `path` inside their owner; own keys have no path, and always begin with x- (or are a
/// note).
void put_extra(Fields& fields, const Extra& extra, std::string_view path) {
  for (const auto& [key, value] : extra) {
    const bool own = key.starts_with("x-") || key == "note";
    if (path.empty() ? own : !own && key.starts_with(path)) fields.emplace_back(key.substr(path.size()), value);
  }
}

std::string written(const Expr& expr) {
  return expr.kind == ExprKind::number ? print_decimal(expr.value) : quote_json(print(expr));
}

std::string written(const SettingValue& value) {
  switch (value.kind) {
    case SettingKind::number:
      return print_decimal(value.number);
    case SettingKind::flag:
      return value.flag ? "true" : "false";
    case SettingKind::numbers: {
      std::vector<std::string> items;
      for (double number : value.numbers) items.push_back(print_decimal(number));
      return array(items);
    }
    case SettingKind::rows: {
      std::vector<std::string> rows;
      const size_t length = value.row_count ? value.numbers.size() / value.row_count : 0;
      for (size_t row = 0; row < value.row_count; ++row) {
        std::vector<std::string> items;
        for (size_t i = 0; i < length; ++i) items.push_back(print_decimal(value.numbers[row * length + i]));
        rows.push_back(array(items));
      }
      return array(rows);
    }
    default:
      return quote_json(value.text);
  }
}

std::string written(const GraphParam& param) {
  Fields fields;
  if (param.choices.empty()) {
    fields.emplace_back("min", print_decimal(param.minimum));
    fields.emplace_back("max", print_decimal(param.maximum));
    fields.emplace_back("default", print_decimal(param.fallback));
    put_text(fields, "unit", std::string(name(param.unit)));
    if (param.scale != Scale::linear) put_text(fields, "scale", std::string(name(param.scale)));
    put_number(fields, "step", param.step, 0);
  } else {
    fields.emplace_back("choices", quoted_array(param.choices));
    const auto chosen = static_cast<size_t>(param.fallback);
    if (chosen < param.choices.size()) fields.emplace_back("default", quote_json(param.choices[chosen]));
  }
  put_number(fields, "smooth_ms", param.smooth_ms, 0);
  Fields midi;
  put_number(midi, "cc", param.midi_cc, -1);
  put_extra(midi, param.extra, "midi/");
  if (!midi.empty()) fields.emplace_back("midi", on_one_line(midi));
  put_text(fields, "group", param.group);
  put_number(fields, "slot", param.slot, -1);
  put_text(fields, "label", param.label);
  put_text(fields, "note", param.note);
  put_extra(fields, param.extra, "");
  return on_one_line(fields);
}

std::string written(const Node& node) {
  Fields fields, inputs;
  const bool is_expr = node.type.empty();
  fields.emplace_back("id", quote_json(node.id));
  if (is_expr) fields.emplace_back("expr", written(node.expr));
  else put_text(fields, "type", node.type);
  if (node.forward_params) inputs.emplace_back("*", "true");
  for (const NodeInput& input : node.inputs) inputs.emplace_back(input.port, written(input.expr));
  put_extra(inputs, node.extra, is_expr ? "where/" : "in/");
  if (!inputs.empty()) fields.emplace_back(is_expr ? "where" : "in", on_one_line(inputs));
  for (const auto& [key, value] : node.settings) fields.emplace_back(key, written(value));
  put_number(fields, "channels", node.channels, 0);
  put_number(fields, "chain", node.chain, 0);
  put_text(fields, "strategy", node.strategy);
  put_text(fields, "note", node.note);
  put_extra(fields, node.extra, "");
  return on_one_line(fields);
}

void put_body(Fields& fields, const GraphBody& body, const Extra& extra, size_t level) {
  Fields inputs, params, outputs;
  for (const GraphInput& input : body.inputs) inputs.emplace_back(input.name, std::to_string(input.channels));
  for (const GraphParam& param : body.params) params.emplace_back(param.id, written(param));
  for (const GraphOutput& output : body.outputs) outputs.emplace_back(output.name, written(output.expr));
  put_extra(inputs, extra, "inputs/");
  put_extra(params, extra, "params/");
  put_extra(outputs, extra, "outputs/");
  const std::string indent(2 * level, ' ');
  std::string nodes;
  for (const Node& node : body.nodes) nodes += (nodes.empty() ? "[\n  " : ",\n  ") + indent + written(node);
  if (!inputs.empty()) fields.emplace_back("inputs", on_one_line(inputs));
  if (!params.empty()) fields.emplace_back("params", on_lines(params, level));
  if (!nodes.empty()) fields.emplace_back("nodes", nodes + '\n' + indent + ']');
  if (!outputs.empty()) fields.emplace_back("outputs", on_one_line(outputs));
}

std::string written(const GraphMeta& meta) {
  Fields fields;
  put_text(fields, "author", meta.author);
  put_text(fields, "description", meta.description);
  put_text(fields, "category", meta.category);
  if (!meta.tags.empty()) fields.emplace_back("tags", quoted_array(meta.tags));
  put_text(fields, "license", meta.license);
  put_extra(fields, meta.extra, "");
  return fields.empty() ? "" : on_one_line(fields);
}

}  // namespace

std::string write_patch(const Graph& graph) {
  Fields fields{{"sinter", "1"}};
  put_text(fields, "name", graph.name);
  if (std::string meta = written(graph.meta); !meta.empty()) fields.emplace_back("meta", std::move(meta));
  put_body(fields, graph, graph.extra, 1);
  Fields define;
  for (const Definition& definition : graph.definitions) {
    if (definition.imported) continue;
    Fields inside;
    put_body(inside, definition.body, definition.extra, 3);
    put_text(inside, "note", definition.note);
    put_extra(inside, definition.extra, "");
    define.emplace_back(definition.name, on_lines(inside, 2));
  }
  put_extra(define, graph.extra, "define/");
  if (!define.empty()) fields.emplace_back("define", on_lines(define, 1));
  if (!graph.imports.empty()) fields.emplace_back("import", quoted_array(graph.imports));
  put_text(fields, "note", graph.note);
  put_extra(fields, graph.extra, "");
  return on_lines(fields, 0) + '\n';
}

}  // namespace sinter
