// The table row of "poly", and what its settings must agree on.
#include "sinter/graph/poly.hpp"

#include <algorithm>
#include <cmath>

#include "check_poly.hpp"
#include "numbers.hpp"
#include "sinter/graph/tuning.hpp"
#include "suggest.hpp"

namespace sinter {
namespace {

constexpr double kMaxGlideSeconds = 30, kMaxBendSemitones = 96;
constexpr double kMaxHz = 1e12;                     // of any tuning, however far it is bent
constexpr double kMaxBend = 4 * kMaxBendSemitones;  // of a note, of its channel and of the channel above

constexpr Port kVoiceInputs[] = {
    {.name = "freq",
     .fallback = 440,
     .minimum = 0,
     .maximum = kMaxHz,
     .unit = Unit::hertz,
     .doc = "of the key in the tuning, with glide and pitch bend applied"},
    {.name = "gate",
     .fallback = 0,
     .minimum = 0,
     .maximum = 1,
     .doc = "1 while the key is down or the pedal holds the note; one 0 sample where a note takes over a voice"},
    {.name = "velocity", .fallback = 0, .minimum = 0, .maximum = 1, .doc = "how hard the key went down"},
    {.name = "off_velocity",
     .fallback = 0,
     .minimum = 0,
     .maximum = 1,
     .doc = "how fast the key went up; 0 while it is down"},
    {.name = "pressure", .fallback = 0, .minimum = 0, .maximum = 1, .doc = "of the note or of its channel"},
    {.name = "timbre",
     .fallback = 0.5,
     .minimum = 0,
     .maximum = 1,
     .doc = "controller 74, of the note or of its channel"},
    {.name = "bend",
     .fallback = 0,
     .minimum = -kMaxBend,
     .maximum = kMaxBend,
     .unit = Unit::semitones,
     .doc = "pitch bend, already part of freq"},
    {.name = "note", .fallback = 69, .minimum = 0, .maximum = 127, .doc = "the key, a MIDI note number"},
};

NodeDef make_def() {
  NodeDef def{
      .type = kPolyType,
      .category = Category::stateful,
      .doc =
          "Plays a definition once per note and sums its voices. Its inputs and outputs are the definition's, but for "
          "those that its notes set, and for `done`, by which a voice says that it has ended.",
      .source = "MIDI 1.0 Detailed Specification (1996); MIDI Polyphonic Expression 1.1, M1-100-UM (2022)"};
  def.outputs.clear();
  def.settings = {
      {.name = "voices",
       .fallback = 16,
       .minimum = 1,
       .maximum = kMaxVoices,
       .doc = "how many notes sound at once; mono and legato play one"},
      {.name = "of", .kind = SettingKind::text, .required = true, .doc = "the definition to play"},
      {.name = "mode",
       .kind = SettingKind::choice,
       .choices = {"poly", "mono", "legato"},
       .doc = "mono and legato play the last key held; legato begins anew only where no key was held"},
      {.name = "glide",
       .fallback = 0,
       .minimum = 0,
       .maximum = kMaxGlideSeconds,
       .doc = "seconds from one pitch to the next, however far; of mono and legato"},
      {.name = "bend_range",
       .fallback = 2,
       .minimum = 0,
       .maximum = kMaxBendSemitones,
       .doc = "semitones of a full pitch bend"},
      {.name = "mpe_bend_range",
       .fallback = 48,
       .minimum = 0,
       .maximum = kMaxBendSemitones,
       .doc = "the same for one note of an MPE controller"},
      {.name = "steal",
       .kind = SettingKind::choice,
       .choices = {"oldest", "quietest", "none"},
       .doc = "what ends for a note too many: the oldest, first of those whose key is up; the quietest; nothing, and "
              "it is not heard"},
      {.name = "notes",
       .kind = SettingKind::numbers,
       .minimum = 0,
       .maximum = 127,
       .doc = "lowest and highest MIDI note that is played"},
      {.name = "choke", .kind = SettingKind::text, .doc = "poly nodes of one group end each other's notes"},
      {.name = "tuning", .kind = SettingKind::file, .doc = "a Scala scale (.scl); middle C is its first degree"},
  };
  return def;
}

class PolyChecker {
 public:
  PolyChecker(const Scope& scope, const Node& node) : scope_(scope), node_(node) {}

  void check(const Definition* of) const {
    if (node_.channels > 0)
      error(Errc::bad_setting, node_.span,
            "a poly has no \"channels\": its lanes are its voices; put \"channels\" on nodes of the voice");
    if (node_.chain > 0)
      error(Errc::bad_setting, node_.span,
            "a poly has no \"chain\"; chain nodes of the voice, or what follows the poly");
    if (of) outputs(*of);
    else unknown();
    if (of) inputs(*of);
    whole_voices();
    notes();
    glide();
    tuning();
    const SettingValue* choke = find_setting(node_, "choke");
    if (choke && choke->text.empty()) error(Errc::bad_setting, choke->span, "a choke group needs a name");
  }

 private:
  void error(Errc code, const Span& span, std::string message) const {
    scope_.report.error(code, span, scope_.prefix + node_.id, std::move(message));
  }

  void unknown() const {
    const SettingValue* given = find_setting(node_, "of");
    if (!given || given->text.empty()) return;  // reported as missing
    std::vector<std::string_view> names;
    for (const Definition& definition : scope_.graph.definitions) names.push_back(definition.name);
    error(Errc::unknown_type, given->span,
          "no definition '" + given->text + "' to play" + did_you_mean(given->text, names));
  }

  void outputs(const Definition& of) const {
    const auto sounds = [](const GraphOutput& output) { return output.name != kDoneOutput; };
    if (!of.body.outputs.empty() && std::ranges::none_of(of.body.outputs, sounds))
      error(Errc::no_output, node_.span, "the voice '" + of.name + "' has no output but 'done'; add one that sounds");
  }

  void inputs(const Definition& of) const {
    for (const GraphInput& input : of.body.inputs)
      if (is_voice_input(input.name) && input.channels != 1)
        error(Errc::channel_mismatch, node_.span,
              "the notes set '" + input.name + "' of '" + of.name + "', which has one channel; write \"" + input.name +
                  "\": 1");
  }

  void whole_voices() const {
    const SettingValue* voices = find_setting(node_, "voices");
    if (voices && voices->kind == SettingKind::number && voices->number != std::floor(voices->number))
      error(Errc::out_of_range, voices->span, "'voices' must be a whole number, not " + print_decimal(voices->number));
  }

  void notes() const {
    const SettingValue* notes = find_setting(node_, "notes");
    if (!notes || notes->kind != SettingKind::numbers) return;
    const std::vector<double>& range = notes->numbers;
    const auto whole = [](double n) { return n == std::floor(n); };
    if (range.size() != 2 || !std::ranges::all_of(range, whole) || range[0] > range[1])
      error(Errc::bad_setting, notes->span, "'notes' is the lowest and the highest note, such as [36, 47]");
  }

  void glide() const {
    const SettingValue *glide = find_setting(node_, "glide"), *mode = find_setting(node_, "mode");
    const bool poly = !mode || mode->text == "poly";
    if (glide && glide->kind == SettingKind::number && glide->number > 0 && poly)
      error(Errc::bad_setting, glide->key_span, "'glide' needs \"mode\": \"mono\" or \"legato\"");
  }

  void tuning() const {
    const SettingValue* tuning = find_setting(node_, "tuning");
    if (!tuning || tuning->text.empty()) return;
    const Result<std::vector<double>> keys = read_tuning(scope_.graph.folder, tuning->text);
    // Where the file is not there at all the setting's own check has said so.
    if (!keys && keys.error().code == Errc::bad_tuning) error(Errc::bad_tuning, tuning->span, keys.error().message);
  }

  const Scope& scope_;
  const Node& node_;
};

}  // namespace

const NodeDef& poly_def() {
  static const NodeDef def = make_def();
  return def;
}

std::span<const Port> voice_inputs() { return kVoiceInputs; }

const Port* find_voice_input(std::string_view name) {
  const Port* const found = std::ranges::find(kVoiceInputs, name, &Port::name);
  return found == std::end(kVoiceInputs) ? nullptr : found;
}

bool is_voice_input(std::string_view name) { return find_voice_input(name) != nullptr; }

const SettingValue* find_setting(const Node& node, std::string_view name) {
  for (const auto& [given, value] : node.settings)
    if (given == name) return &value;
  return nullptr;
}

std::string_view poly_definition(const Node& node) {
  const SettingValue* of = find_setting(node, "of");
  return of ? std::string_view(of->text) : std::string_view();
}

void check_poly(const Scope& scope, const Node& node, const Definition* of) { PolyChecker(scope, node).check(of); }

}  // namespace sinter
