// Poly nodes: notes start and end voices that the caller chooses; giving them out is the engine's business, and here
// the caller's.
#include "class_text.hpp"

namespace sinter::exporting {
namespace {

// What a note sets, in the order of the header's VoiceInput, and what it is before the first note.
struct Source {
  uint32_t VoiceDecl::*param;
  double initial;
};
constexpr Source kSources[] = {
    {&VoiceDecl::freq, 440},   {&VoiceDecl::gate, 0},     {&VoiceDecl::velocity, 0}, {&VoiceDecl::off_velocity, 0},
    {&VoiceDecl::pressure, 0}, {&VoiceDecl::timbre, 0.5}, {&VoiceDecl::bend, 0},     {&VoiceDecl::note, 69},
    {&VoiceDecl::restart, 0},  {&VoiceDecl::open, 1},
};

constexpr std::string_view kSetters = R"(
enum VoiceInput : int { freq, gate, velocity, off_velocity, pressure, timbre, bend, note, voice_inputs = 10 };

// Starts a note with the first frame of the next call; a voice that still sounds is taken over. The note is a MIDI
// number, the velocity 0 to 1; pressure and bend begin at 0, timbre at 0.5. Which voice it is, the caller decides.
void note_on(int poly, int voice, double note_number, double freq_hz, double note_velocity) noexcept {
  if (!exists(poly, voice)) return;
  Voice& v = voice_at(poly, voice);
  v.next[freq] = freq_hz, v.next[gate] = 1, v.next[velocity] = note_velocity, v.next[off_velocity] = 0;
  v.next[pressure] = 0, v.next[timbre] = 0.5, v.next[bend] = 0, v.next[note] = note_number;
  v.fresh = true, v.brief = false;
  pending_cell_ = true;
}

// Ends it with the first frame of the next call; one that was not heard yet, at the next multiple of 64 frames.
void note_off(int poly, int voice, double release_velocity) noexcept {
  if (!exists(poly, voice)) return;
  Voice& v = voice_at(poly, voice);
  if (v.next[gate] != 1 || v.brief) return;
  v.next[off_velocity] = release_velocity;
  if (v.fresh) v.brief = true;
  else v.next[gate] = 0;
  pending_cell_ = true;
}

// A ramp from the next cell on, which begins within 64 frames: freq in Hz (glides, bends), pressure and timbre 0 to 1,
// bend in semitones, which freq does not follow by itself.
void set_voice(int poly, int voice, VoiceInput input, double value) noexcept {
  if (exists(poly, voice) && input >= freq && input <= note && input != gate) voice_at(poly, voice).next[input] = value;
}
)";

constexpr std::string_view kVoices = R"(
static bool exists(int poly, int voice) noexcept {
  return poly >= 0 && poly < polys && voice >= 0 && voice < voices[static_cast<std::size_t>(poly)];
}
Voice& voice_at(int poly, int voice) noexcept { return voices_[first_voice[poly] + voice]; }

void tell(int poly, int voice, int input, double value) noexcept {
  voice_at(poly, voice).told[input] = value;
  const int at = voice_values[poly * voice_inputs + input];
  if (at >= 0) values_[at + voice] = value;
}

void silence_voices() noexcept {
  for (int poly = 0; poly < polys; ++poly)
    for (int voice = 0; voice < voices[static_cast<std::size_t>(poly)]; ++voice) {
      Voice& v = voice_at(poly, voice);
      v.fresh = v.brief = v.begun = false;
      for (int i = 0; i < voice_inputs; ++i) tell(poly, voice, i, v.next[i] = at_rest[i]);
    }
}

std::uint64_t read_voices(bool on_grid) noexcept {
  constexpr int restart = 8;
  std::uint64_t moved = 0;
  for (int poly = 0; poly < polys; ++poly)
    for (int voice = 0; voice < voices[static_cast<std::size_t>(poly)]; ++voice) {
      Voice& v = voice_at(poly, voice);
      if (on_grid && v.brief && !v.fresh) v.brief = false, v.next[gate] = 0;
      // The patch gives a gate that stays 1 its one 0 where this counts on.
      if (v.fresh && v.next[gate] == 1 && v.told[gate] == 1)
        v.next[restart] = v.told[restart] + 1 < 1048576 ? v.told[restart] + 1 : 0;
      v.begun = v.fresh;
      v.fresh = false;
      for (int i = 0; i < voice_inputs; ++i) {
        if (v.next[i] == v.told[i]) continue;
        tell(poly, voice, i, v.next[i]);
        moved |= voices_move[poly];
      }
    }
  return moved;
})";

constexpr std::string_view kJump = R"(
// Ramps of voices whose note began are where they head for. Lane l belongs to voice l modulo the number of voices.
void jump(int poly, std::size_t ramp, int lanes) noexcept {
  const int count = voices[static_cast<std::size_t>(poly)];
  for (int l = 0; l < lanes; ++l)
    if (voice_at(poly, l % count).begun) now_[ramp + static_cast<std::size_t>(l)] = target_[ramp + static_cast<std::size_t>(l)];
})";

}  // namespace

uint32_t ClassText::voice_count() const {
  uint32_t count = 0;
  for (const VoiceDecl& decl : ir_.voices) count += decl.slot.voices;
  return count;
}

void ClassText::write_voice_setters(Writer& out) const {
  std::vector<std::string> counts;
  out.line();
  for (size_t p = 0; p < ir_.voices.size(); ++p) {
    counts.push_back(number(ir_.voices[p].slot.voices));
    out.line("// Poly " + number(p) + " is " + comment(ir_.voices[p].slot.key) + ".");
  }
  out.line("static constexpr int polys = " + number(counts.size()) + ";");
  out.list("static constexpr std::array<int, " + number(counts.size()) + "> voices = {", counts, "};");
  out.block(kSetters);
  bool done = false;
  for (const VoiceDecl& decl : ir_.voices) done |= decl.slot.done_probe != VoiceSlot::kUnused;
  out.block(R"(
// Peak of a voice over the last 64 frames: one that was released and stays below 0.00003 for 50 ms has ended.
float voice_peak(int poly, int voice) const noexcept { return heard(poly, voice, level_of); })");
  if (done)
    out.block(R"(// From 0.5 on the voice says itself that it has ended.
float voice_done(int poly, int voice) const noexcept { return heard(poly, voice, done_of); })");
}

void ClassText::write_voice_code(Writer& out) const {
  std::vector<std::string> slots, firsts, moved, levels, dones;
  uint32_t first = 0;
  for (const VoiceDecl& decl : ir_.voices) {
    uint64_t groups = 0;
    for (const Source& source : kSources) {
      const uint32_t param = decl.*source.param;
      const bool known = param < ir_.params.size();
      if (known) groups |= uint64_t{1} << (param % 64);
      slots.push_back(known ? number(model_.param_slot[param]) : "-1");
    }
    const auto level = [&](uint32_t probe) {
      return probe == VoiceSlot::kUnused ? "-1" : number(model_.probe_slot[probe] - model_.meter_lanes);
    };
    levels.push_back(level(decl.slot.level_probe)), dones.push_back(level(decl.slot.done_probe));
    firsts.push_back(number(first)), moved.push_back(number(groups) + "ull");
    first += decl.slot.voices;
  }
  out.block(R"(
// What a note says, and what control code was told of it.
struct Voice {
  double next[voice_inputs], told[voice_inputs];
  bool fresh, brief, begun;
};)");
  const std::string count = "[" + number(ir_.voices.size()) + "] = ";
  out.list("static constexpr int first_voice" + count, firsts, ";");
  out.list("static constexpr std::uint64_t voices_move" + count, moved, ";");
  out.list("static constexpr int level_of" + count, levels, ";");
  out.list("static constexpr int done_of" + count, dones, ";");
  out.list("static constexpr int voice_values[" + number(slots.size()) + "] = ", slots,
           ";  // index into values_ per input");
  std::vector<std::string> initial;
  for (const Source& source : kSources) initial.push_back(literal(source.initial));
  out.list("static constexpr double at_rest[voice_inputs] = ", initial, ";");
  out.block(kVoices);
  if (parts_.has_ramps) out.block(kJump);
  if (!model_.voice_probe_lanes) return;
  const std::string from = number(model_.meter_lanes), lanes = number(model_.voice_probe_lanes);
  out.block("\nvoid hear_voices() noexcept {\n  for (std::size_t i = 0; i < " + lanes +
            "; ++i) {\n    heard_[i] = peak_[" + from + " + i];\n    peak_[" + from + " + i] = squares_[" + from +
            " + i] = 0;\n  }\n}");
  out.block(R"(
float heard(int poly, int voice, const int* slots) const noexcept {
  return exists(poly, voice) && slots[poly] >= 0 ? heard_[slots[poly] + voice] : 0.0f;
})");
}

void ClassText::write_voice_members(Writer& out) const {
  out.line("Voice voices_[" + number(voice_count()) + "] = {};");
  if (model_.voice_probe_lanes) out.line("float heard_[" + number(model_.voice_probe_lanes) + "] = {};");
}

}  // namespace sinter::exporting
