// The parts of a body from JSON. Only what JSON itself shows is reported here; check() looks at what it means.
#include "read_body.hpp"

#include "scope.hpp"
#include "sinter/graph/poly.hpp"
#include "suggest.hpp"

namespace sinter {
namespace {

constexpr std::string_view kNodeKeys[] = {"id", "type", "expr", "where", "in", "channels", "chain", "strategy", "note"};

/// A number written as a quantity, for settings: "30ms".
std::optional<double> quantity(const ReadContext& context, const JsonValue& value, std::string_view what) {
  const size_t errors_before = context.report.count();
  const Expr expr = context.expression(value, what);
  double number = 0;
  if (literal_value(expr, number)) return number;
  if (context.report.count() == errors_before)
    context.fail(
        expr.kind == ExprKind::quantity ? Errc::bad_unit : Errc::wrong_type, value.span(),
        std::string(what) +
            " must be a number, or one with a unit that needs neither sample rate nor tempo, such as \"30ms\"");
  return std::nullopt;
}

// Rows of numbers: `found.numbers` one after another, all as long as the first.
bool read_rows(const ReadContext& context, const std::vector<JsonValue>& rows, const std::string& what,
               SettingValue& found) {
  found.kind = SettingKind::rows;
  size_t length = 0;
  for (const JsonValue& row : rows) {
    const bool is_array = row.kind() == JsonKind::array;
    const std::vector<JsonValue> items = is_array ? row.items() : std::vector<JsonValue>();
    if (found.row_count == 0) length = items.size();
    if (!is_array || items.size() != length) {
      context.fail(Errc::wrong_type, row.span(), "the rows of " + what + " must be arrays of one length");
      return false;
    }
    for (const JsonValue& item : items) {
      const auto number = context.number(item, "each value of " + what);
      if (!number) return false;
      found.numbers.push_back(*number);
    }
    ++found.row_count;
  }
  return true;
}

std::optional<SettingValue> setting_value(const ReadContext& context, const JsonMember& member,
                                          const Setting* setting) {
  const std::string what = "'" + member.key + "'";
  SettingValue found;
  found.key_span = member.at.span();
  found.span = member.value.span();
  switch (member.value.kind()) {
    case JsonKind::number:
      found.number = member.value.number();
      return found;
    case JsonKind::boolean:
      found.kind = SettingKind::flag;
      found.flag = member.value.truth();
      return found;
    case JsonKind::string: {
      if (setting && setting->kind == SettingKind::number) {
        const auto number = quantity(context, member.value, what);
        if (!number) return std::nullopt;
        found.number = *number;
        return found;
      }
      const bool names = setting && (setting->kind == SettingKind::choice || setting->kind == SettingKind::file);
      found.kind = names ? setting->kind : SettingKind::text;
      found.text = member.value.string();
      return found;
    }
    case JsonKind::array: {
      const std::vector<JsonValue> items = member.value.items();
      if (!items.empty() && items[0].kind() == JsonKind::array)
        return read_rows(context, items, what, found) ? std::optional(found) : std::nullopt;
      found.kind = SettingKind::numbers;
      for (const JsonValue& item : items) {
        const auto number = context.number(item, "each value of " + what);
        if (!number) return std::nullopt;
        found.numbers.push_back(*number);
      }
      return found;
    }
    default:
      break;
  }
  context.fail(Errc::wrong_type, member.value.span(),
               what + " must be a number, a string, true, false or an array of numbers, not " +
                   std::string(name(member.value.kind())));
  return std::nullopt;
}

}  // namespace

void BodyReader::read(const Fields& fields, const Span& whole, GraphBody& body, Extra& extra) {
  if (const auto value = fields.find("inputs")) inputs(*value, body, extra);
  if (const auto value = fields.find("params")) params(*value, body, extra);
  if (const auto value = fields.find("nodes")) nodes(*value, body);
  const auto value = fields.find("outputs");
  const size_t errors_before = report_.count();
  if (value) outputs(*value, body, extra);
  if (body.outputs.empty() && report_.count() == errors_before)
    context("").fail(Errc::no_output, value ? value->span() : whole,
                     "nothing is put out; add \"outputs\": { \"out\": ... }");
}

void BodyReader::inputs(const JsonValue& value, GraphBody& body, Extra& extra) {
  for (const JsonMember& member : port_members(context(""), value, "'inputs'", extra, "inputs/")) {
    const auto channels =
        context(member.key).whole(member.value, "the channels of an input", 1, kMaxBusChannels, Errc::limit_channels);
    body.inputs.push_back({member.key, channels.value_or(1), member.at.span()});
  }
}

void BodyReader::params(const JsonValue& value, GraphBody& body, Extra& extra) {
  for (const JsonMember& member : port_members(context(""), value, "'params'", extra, "params/"))
    body.params.push_back(read_param(context(member.key), member));
}

void BodyReader::outputs(const JsonValue& value, GraphBody& body, Extra& extra) {
  for (const JsonMember& member : port_members(context(""), value, "'outputs'", extra, "outputs/"))
    body.outputs.push_back({member.key, context(member.key).expression(member.value, "an output"), member.at.span()});
}

void BodyReader::nodes(const JsonValue& value, GraphBody& body) {
  if (!context("").want(JsonKind::array, value, "'nodes'")) return;
  for (const JsonValue& item : value.items()) {
    if (report_.full()) return;
    if (nodes_written_ == kMaxNodesWritten)
      return context("").fail(
          Errc::limit_nodes, item.span(),
          "more than " + std::to_string(kMaxNodesWritten) + " nodes are written; use channels, chain or define");
    ++nodes_written_;
    body.nodes.push_back(node(item));
  }
}

Node BodyReader::node(const JsonValue& value) {
  Node node;
  node.span = {value.span().file, value.span().begin, value.span().begin + 1};
  if (!context("").want(JsonKind::object, value, "a node")) return node;
  const std::vector<JsonMember> members = value.members();
  const auto find = [&](std::string_view key) -> const JsonMember* {
    for (const JsonMember& member : members)
      if (member.key == key) return &member;
    return nullptr;
  };
  const JsonMember* id = find("id");
  const JsonMember* type = find("type");
  const JsonMember* expr = find("expr");
  if (id) node.span = id->value.span();
  if (id) node.id = context("").text(id->value, "'id'").value_or("");
  const ReadContext here = context(node.id);
  if (!id) here.fail(Errc::missing_key, node.span, "this node has no \"id\"");
  if (!type && !expr) here.fail(Errc::missing_key, node.span, "a node needs a \"type\" or an \"expr\"");
  if (type && expr) here.fail(Errc::unknown_key, expr->at.span(), "a node has a type or an expr, not both");
  if (type) {
    node.type = here.text(type->value, "'type'").value_or("");
    node.type_span = type->value.span();
  }
  const NodeDef* def = node.type == kPolyType ? &poly_def() : library_.find(node.type);
  for (const JsonMember& member : members) node_member(here, member, def, node);
  if (def)
    for (const Setting& setting : def->settings)
      if (setting.required && !find(setting.name))
        here.fail(Errc::missing_key, node.span, missing_setting(*def, setting));
  sort_extra(node.extra);
  return node;
}

void BodyReader::node_member(const ReadContext& here, const JsonMember& member, const NodeDef* def, Node& node) {
  const std::string& key = member.key;
  const bool is_expr = node.type_span.file == 0;
  if (is_extra_key(key)) {
    node.extra.emplace_back(key, member.value.compact());
  } else if (key == "expr") {
    node.expr = here.expression(member.value, "'expr'");
  } else if (key == "in" || key == "where") {
    if (is_expr == (key == "where")) node_inputs(here, member, node);
    else
      here.fail(Errc::unknown_key, member.at.span(),
                is_expr ? "an expression has no 'in'; name its values in 'where'"
                        : "only an expression has 'where'; connect inputs in 'in'");
  } else if (key == "channels") {
    node.channels = here.whole(member.value, "'channels'", 1, kMaxSignalChannels, Errc::limit_channels).value_or(0);
  } else if (key == "chain") {
    node.chain = here.whole(member.value, "'chain'", 1, kMaxChain).value_or(0);
  } else if (key == "strategy") {
    node.strategy = here.text(member.value, "'strategy'").value_or("");
    node.strategy_span = member.value.span();
  } else if (key == "note") {
    node.note = here.text(member.value, "'note'").value_or("");
  } else if (key != "id" && key != "type") {
    other_key(here, member, def, node);
  }
}

void BodyReader::node_inputs(const ReadContext& here, const JsonMember& member, Node& node) {
  const std::string path = member.key + "/";
  for (const JsonMember& input : named_members(here, member.value, "'" + member.key + "'", node.extra, path)) {
    if (input.key == "*" && member.key == "in") {
      node.forward_params = here.flag(input.value, "'*'").value_or(false);
      continue;
    }
    node.inputs.push_back({input.key, here.expression(input.value, "'" + input.key + "'"), input.at.span()});
  }
}

void BodyReader::other_key(const ReadContext& here, const JsonMember& member, const NodeDef* def, Node& node) {
  if (node.type_span.file == 0) {
    std::vector<std::string_view> keys(std::begin(kNodeKeys), std::end(kNodeKeys));
    return here.fail(Errc::unknown_key, member.at.span(),
                     "an expression has no key '" + member.key + "'" + did_you_mean(member.key, keys));
  }
  if (auto value = setting_value(here, member, def ? def->setting(member.key) : nullptr))
    node.settings.emplace_back(member.key, std::move(*value));
}

}  // namespace sinter
