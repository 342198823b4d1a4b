// One parameter of a patch file: a number with a range, or a choice.
#include <algorithm>

#include "check_param.hpp"
#include "read_body.hpp"
#include "suggest.hpp"

namespace sinter {
namespace {

constexpr std::string_view kParamKeys[] = {"min",  "max",   "default", "unit",  "scale",   "step", "smooth_ms",
                                           "midi", "group", "slot",    "label", "choices", "note"};
constexpr std::string_view kMidiKeys[] = {"cc", "note"};

void read_unit(const ReadContext& context, const JsonValue& value, Unit& unit) {
  const auto text = context.text(value, "'unit'");
  if (!text || parse_unit(*text, unit)) return;
  context.fail(Errc::bad_unit, value.span(),
               "no unit '" + *text + "' for parameters" +
                   did_you_mean(*text, {"Hz", "s", "gain", "dB", "samples", "st", "%", "beats", "turns"}) +
                   " (units: Hz s gain dB samples st % beats turns, or leave it out)");
}

void read_scale(const ReadContext& context, const JsonValue& value, Scale& scale) {
  const auto text = context.text(value, "'scale'");
  if (!text) return;
  if (*text != "linear" && *text != "log")
    return context.fail(Errc::bad_setting, value.span(), "no scale '" + *text + "'; write linear or log");
  scale = *text == "log" ? Scale::log : Scale::linear;
}

void read_midi(const ReadContext& context, const JsonValue& value, GraphParam& param) {
  const Fields fields(context, value, "'midi'", kMidiKeys, param.extra, "midi/");
  if (const auto cc = fields.find("cc"))
    if (const auto number = context.whole(*cc, "'cc'", 0, 127)) param.midi_cc = static_cast<int32_t>(*number);
  if (const auto note = fields.find("note"))
    if (context.text(*note, "'note'")) param.extra.emplace_back("midi/note", note->compact());
}

void read_choices(const ReadContext& context, const Fields& fields, GraphParam& param) {
  const JsonValue choices = *fields.find("choices");
  if (!context.want(JsonKind::array, choices, "'choices'")) return;
  for (const JsonValue& choice : choices.items())
    if (const auto text = context.text(choice, "each choice")) param.choices.push_back(*text);
  if (param.choices.empty()) return context.fail(Errc::bad_param, choices.span(), "'choices' names no choice");
  for (std::string_view key : {"min", "max", "unit", "scale", "step"})
    if (const auto value = fields.find(key))
      context.fail(Errc::bad_param, value->span(),
                   "a parameter with choices has no '" + std::string(key) + "'; leave it out");
  param.maximum = static_cast<double>(param.choices.size()) - 1;
  param.step = 1;
  const auto fallback = fields.find("default");
  if (!fallback) return;
  const auto text = context.text(*fallback, "the default of a choice");
  if (!text) return;
  const auto found = std::ranges::find(param.choices, *text);
  if (found != param.choices.end()) param.fallback = static_cast<double>(found - param.choices.begin());
  else
    context.fail(
        Errc::bad_param, fallback->span(),
        "the default '" + *text + "' is none of the choices: " + list_of({param.choices.begin(), param.choices.end()}));
}

void read_range(const ReadContext& context, const Fields& fields, GraphParam& param) {
  fields.number("min", param.minimum);
  fields.number("max", param.maximum);
  fields.number("step", param.step);
  param.fallback = param.minimum;
  fields.number("default", param.fallback);
  if (const auto unit = fields.find("unit")) read_unit(context, *unit, param.unit);
  if (const auto scale = fields.find("scale")) read_scale(context, *scale, param.scale);
}

}  // namespace

GraphParam read_param(const ReadContext& context, const JsonMember& member) {
  GraphParam param;
  param.id = member.key;
  param.span = member.at.span();
  const size_t errors_before = context.report.count();
  const Fields fields(context, member.value, "a parameter", kParamKeys, param.extra);
  fields.text("label", param.label);
  fields.text("group", param.group);
  fields.text("note", param.note);
  fields.number("smooth_ms", param.smooth_ms);
  if (const auto slot = fields.find("slot"))
    if (const auto number = context.whole(*slot, "'slot'", 0, kMaxParamSlot))
      param.slot = static_cast<int32_t>(*number);
  if (const auto midi = fields.find("midi")) read_midi(context, *midi, param);
  if (fields.has("choices")) read_choices(context, fields, param);
  else read_range(context, fields, param);
  sort_extra(param.extra);

  if (context.report.count() > errors_before) return param;  // what it holds is not what was written
  if (const auto fault = check_param(param)) {
    const auto value = fields.find(fault->key);
    context.fail(fault->code, value ? value->span() : param.span, fault->message);
  }
  return param;
}

}  // namespace sinter
