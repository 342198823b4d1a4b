// Settings to a VoiceDecl, its control sources as signals, and the probes by which the engine hears voices end.
#include "lower_poly.hpp"

#include "lower_lanes.hpp"
#include "sinter/graph/tuning.hpp"

namespace sinter::lowering {
namespace {

// Counts of restarts beyond this begin anew: all are exact in f32, and two neighbours always differ.
constexpr double kMaxRestarts = 1u << 20;

double number_of(const Node& node, std::string_view name) {
  const SettingValue* value = find_setting(node, name);
  return value ? value->number : poly_def().setting(name)->fallback;
}

uint32_t choice_of(const Node& node, std::string_view name) {
  const SettingValue* value = find_setting(node, name);
  const std::vector<std::string_view>& choices = poly_def().setting(name)->choices;
  for (uint32_t i = 0; value && i < choices.size(); ++i)
    if (choices[i] == value->text) return i;
  return 0;
}

std::string text_of(const Node& node, std::string_view name) {
  const SettingValue* value = find_setting(node, name);
  return value ? value->text : std::string();
}

/// Where an input that notes set is found; `jumps`: it is held through each cell instead of gliding.
struct VoiceInput {
  std::string_view name;
  uint32_t VoiceDecl::*param;
  bool jumps;
};
constexpr VoiceInput kInputs[] = {
    {"freq", &VoiceDecl::freq, false},         {"gate", &VoiceDecl::gate, true},
    {"velocity", &VoiceDecl::velocity, true},  {"off_velocity", &VoiceDecl::off_velocity, true},
    {"pressure", &VoiceDecl::pressure, false}, {"timbre", &VoiceDecl::timbre, false},
    {"bend", &VoiceDecl::bend, false},         {"note", &VoiceDecl::note, true},
};

/// Lanes [channel][voice] to one per voice, the largest of its channels.
Signal loudest_channel(Signal x, uint32_t width, uint32_t voices) {
  Builder& b = *x.build;
  Signal most;
  for (uint32_t c = 0; c < width; ++c) {
    Signal channel = b.relane(x, {.offset = c * voices}, voices);
    most = most.valid() ? max(most, channel) : channel;
  }
  return most;
}

}  // namespace

uint32_t voice_count(const Node& node) {
  return choice_of(node, "mode") == 0 ? static_cast<uint32_t>(number_of(node, "voices")) : 1;
}

uint32_t Polys::choke_group(const std::string& name) {
  if (name.empty()) return 0;
  return choke_groups_.emplace(name, static_cast<uint32_t>(choke_groups_.size() + 1)).first->second;
}

VoiceSlot Polys::settings(const Unit& unit) {
  const Node& node = *unit.info->node;
  VoiceSlot slot;
  slot.key = unit.path;
  slot.voices = unit.info->voices;
  slot.mode = static_cast<VoiceSlot::Mode>(choice_of(node, "mode"));
  slot.steal = static_cast<VoiceSlot::Steal>(choice_of(node, "steal"));
  slot.glide_seconds = number_of(node, "glide");
  slot.bend_range = number_of(node, "bend_range");
  slot.mpe_bend_range = number_of(node, "mpe_bend_range");
  if (const SettingValue* notes = find_setting(node, "notes")) {
    slot.lowest = static_cast<uint8_t>(notes->numbers[0]);
    slot.highest = static_cast<uint8_t>(notes->numbers[1]);
  }
  slot.choke = choke_group(text_of(node, "choke"));
  slot.key_hz = equal_temperament();
  const std::string tuning = text_of(node, "tuning");
  if (tuning.empty()) return slot;
  // It was read when the graph was checked, but files change.
  if (Result<std::vector<double>> keys = read_tuning(graph_.folder, tuning)) slot.key_hz = std::move(*keys);
  else report_.error(keys.error().code, unit.path, keys.error().message, find_setting(node, "tuning")->span);
  return slot;
}

Polys::Listening& Polys::listening(uint32_t unit) {
  const auto [found, fresh] = listening_.try_emplace(unit);
  if (fresh) {
    found->second.voices = static_cast<uint32_t>(b_.ir().voices.size());
    b_.ir().voices.push_back({.slot = settings(x_.units[unit])});
  }
  return found->second;
}

// The dot keeps its id apart from those of parameters.
uint32_t Polys::source(uint32_t unit, std::string_view input, double initial, double minimum, double maximum) {
  const uint32_t voices = listening(unit).voices;
  b_.ir().params.push_back({.id = x_.units[unit].path + "." + std::string(input),
                            .initial = initial,
                            .minimum = minimum,
                            .maximum = maximum,
                            .role = ControlRole::voice,
                            .number = voices,
                            .lanes = x_.units[unit].info->voices});
  return static_cast<uint32_t>(b_.ir().params.size() - 1);
}

Signal Polys::voice_input(uint32_t unit, uint32_t port) {
  const NodeInfo& info = *x_.units[unit].info;
  if (!info.poly || port >= info.inner->body->inputs.size()) return {};
  for (const VoiceInput& input : kInputs) {
    if (input.name != info.ports[port].name) continue;
    const Port& range = *find_voice_input(input.name);
    const uint32_t param = source(unit, input.name, *range.fallback, range.minimum, range.maximum);
    b_.ir().voices[listening(unit).voices].*input.param = param;
    if (input.name == "gate") return gate(unit);
    return input.jumps ? b_.coefficient(b_.param(param)) : b_.param(param);
  }
  return {};
}

// A note that begins while its voice's gate is 1 counts `restart` up. Where the count differs from that of the sample
// before, the gate is 0: once, whatever cells and blocks the note falls into.
Signal Polys::gate(uint32_t unit) {
  const uint32_t restart = source(unit, "restart", 0, 0, kMaxRestarts);
  VoiceDecl& voices = b_.ir().voices[listening(unit).voices];
  voices.restart = restart;
  const Signal held = b_.coefficient(b_.param(voices.gate));
  const Signal count = b_.coefficient(b_.param(restart));
  const Signal before = b_.state(x_.units[unit].path + "/voices.restart", b_.ir().real, x_.units[unit].info->voices);
  b_.next(before, count);
  return b_.select(equal(count, before), held, b_.constant(0));
}

// Its own ramp, for envelopes take the time they take: a voice that is cut fades in one cell.
Signal Polys::open(uint32_t unit) {
  Listening& heard = listening(unit);
  if (!heard.open.valid()) {
    const uint32_t param = source(unit, "open", 1, 0, 1);
    b_.ir().voices[heard.voices].open = param;
    heard.open = b_.param(param);
  }
  return heard.open;
}

uint32_t Polys::probe(const std::string& path, std::string_view name, Signal x, uint32_t voices) {
  b_.probe(path + "/voices." + std::string(name), spread(b_.enter(x), 1, voices));
  return static_cast<uint32_t>(b_.ir().probes.size() - 1);
}

Signal Polys::output(uint32_t unit_index, uint32_t index, Signal x, uint32_t width) {
  const Unit& unit = x_.units[unit_index];
  const uint32_t voices = unit.info->voices;
  const std::vector<GraphOutput>& outputs = unit.info->inner->body->outputs;
  Listening& heard = listening(unit_index);
  VoiceSlot& slot = b_.ir().voices[heard.voices].slot;
  const bool is_done = outputs[index].name == kDoneOutput;
  x = spread(x, width, voices);
  if (!is_done) x = x * repeat(open(unit_index), width);
  const Signal loudest = loudest_channel(abs(x), width, voices);
  const bool has_done = std::ranges::any_of(outputs, [](const GraphOutput& o) { return o.name == kDoneOutput; });
  ++heard.outputs;
  if (is_done) slot.done_probe = probe(unit.path, "done", loudest, voices);
  else heard.level = heard.level.valid() ? max(heard.level, loudest) : loudest;
  // Voices that say themselves when they have ended are measured only where the quietest is to end for a new note.
  if (heard.outputs == outputs.size() && (!has_done || slot.steal == VoiceSlot::Steal::quietest))
    slot.level_probe = probe(unit.path, "level", heard.level, voices);
  if (is_done) return b_.constant(0);
  return b_.sum(CompositeLanes{voices, 1}.out(x, width), width);
}

}  // namespace sinter::lowering
