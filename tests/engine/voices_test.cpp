// The allocator alone: notes in, control sources out. A cell a call, on grid lines unless a test says otherwise.
#include "voices.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "support.hpp"

using namespace sinter;
using test::Random;

namespace {

constexpr double kRate = 48'000;
constexpr uint32_t kSilentCells = 38;  // 50 ms, rounded up

VoiceSlot slot_of(uint32_t voices, VoiceSlot::Mode mode = VoiceSlot::Mode::poly) {
  VoiceSlot slot;
  slot.key = "synth";
  slot.voices = voices;
  slot.mode = mode;
  uint32_t at = 0;
  for (uint32_t* offset : {&slot.freq, &slot.gate, &slot.velocity, &slot.off_velocity, &slot.pressure, &slot.timbre,
                           &slot.bend, &slot.note, &slot.restart})
    *offset = at++ * voices * 8;
  return slot;
}

Event event(EventKind kind, int key, double value, uint8_t channel = 0) {
  return {.kind = kind, .channel = channel, .key = static_cast<uint8_t>(key), .value = value};
}
Event controller(uint32_t number, double value, uint8_t channel = 0) {
  return {.kind = EventKind::controller, .channel = channel, .index = number, .value = value};
}

/// Voices with the memory that an engine gives them.
struct Player {
  explicit Player(const VoiceSlot& s)
      : slot(s), voices(slot, kRate), controls(size_t{9} * s.voices), levels(2 * s.voices, 1.0f), done(2 * s.voices) {
    voices.write_all(bytes());
  }

  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(controls.data()); }
  double at(uint32_t offset, uint32_t voice = 0) const { return controls[offset / 8 + voice]; }
  uint32_t on(int key, double velocity = 1, uint8_t channel = 0) {
    return voices.handle(event(EventKind::note_on, key, velocity, channel));
  }
  void off(int key, uint8_t channel = 0) { voices.handle(event(EventKind::note_off, key, 0.25, channel)); }
  void cell(bool on_grid = true) {
    if (on_grid) voices.listen(has_levels ? levels.data() : nullptr, has_done ? done.data() : nullptr);
    voices.begin_cell(bytes(), on_grid);
  }
  void cells(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) cell();
  }
  /// Keys of the voices whose gate is 1.
  std::vector<int> open() const {
    std::vector<int> keys;
    for (uint32_t v = 0; v < slot.voices; ++v)
      if (at(slot.gate, v) == 1) keys.push_back(static_cast<int>(at(slot.note, v)));
    return keys;
  }

  VoiceSlot slot;
  Voices voices;
  std::vector<double> controls;
  std::vector<float> levels, done;
  bool has_levels = true, has_done = false;
};

using Keys = std::vector<int>;

}  // namespace

TEST_CASE("a note opens a gate and sets pitch and velocity, its end keeps them and gives the release velocity") {
  Player p(slot_of(4));
  CHECK(p.on(69, 0.5) == 0);
  CHECK(p.open() == Keys{});
  p.cell();
  CHECK(p.open() == Keys{69});
  CHECK(p.at(p.slot.freq) == 440);
  CHECK(p.at(p.slot.velocity) == 0.5);
  CHECK(p.voices.begun().size() == 1);
  p.cell();
  CHECK(p.voices.begun().empty());
  p.off(69);
  p.cell();
  CHECK(p.open() == Keys{});
  CHECK(p.at(p.slot.freq) == 440);
  CHECK(p.at(p.slot.off_velocity) == 0.25);
  CHECK(p.voices.sounding() == 1);
}

TEST_CASE("the oldest note is ended for one more, those whose key is up first") {
  Player p(slot_of(3));
  for (const int key : {60, 62, 64}) p.on(key);
  p.cell();
  p.off(62);
  p.cell();
  CHECK(p.on(65) == 1);
  p.cell();
  CHECK(p.open() == Keys{60, 65, 64});
  CHECK(p.on(67) == 1);
  p.cell();
  CHECK(p.open() == Keys{67, 65, 64});
  CHECK(p.at(p.slot.restart, 0) == 1);
  CHECK(p.at(p.slot.restart, 1) == 0);
}

TEST_CASE("the quietest note is ended for one more, and none where the patch says so") {
  VoiceSlot slot = slot_of(3);
  slot.steal = VoiceSlot::Steal::quietest;
  Player p(slot);
  for (const int key : {60, 62, 64}) p.on(key);
  p.levels = {0.5f, 0, 0.1f, 0, 0.3f, 0};
  p.cells(2);
  CHECK(p.on(65) == 1);
  CHECK(p.on(66) == 1);
  p.cell();
  CHECK(p.open() == Keys{60, 65, 66});
  slot.steal = VoiceSlot::Steal::none;
  Player q(slot);
  for (const int key : {60, 62, 64, 65}) CHECK(q.on(key) == 0);
  q.cell();
  CHECK(q.open() == Keys{60, 62, 64});
}

TEST_CASE("the pedal holds notes whose keys go up, and a key that is struck again under it plays its voice again") {
  Player p(slot_of(4));
  p.voices.handle(controller(64, 0.5));
  p.on(60);
  p.on(64);
  p.cell();
  p.off(60);
  p.cell();
  CHECK(p.open() == Keys{60, 64});
  p.on(60);
  p.cell();
  CHECK(p.open() == Keys{60, 64});
  CHECK(p.at(p.slot.restart, 0) == 1);
  p.off(60);
  p.cell();
  p.voices.handle(controller(64, 0.49));
  p.cell();
  CHECK(p.open() == Keys{64});
  p.voices.handle(event(EventKind::all_notes_off, 0, 0));
  p.cell();
  CHECK(p.open() == Keys{});
}

TEST_CASE("a note that ends before it was heard sounds up to the next grid line") {
  Player p(slot_of(2));
  p.on(60);
  p.off(60);
  p.cell(false);
  CHECK(p.open() == Keys{60});
  p.cell(false);
  CHECK(p.open() == Keys{60});
  p.cell();
  CHECK(p.open() == Keys{});
}

TEST_CASE("mono plays the last key that is down, goes back to older ones, and begins anew each time") {
  Player p(slot_of(1, VoiceSlot::Mode::mono));
  double restarts = 0;
  const auto step = [&](int key, bool again) {
    p.cell();
    CHECK(p.open() == (key ? Keys{key} : Keys{}));
    restarts += again;
    CHECK(p.at(p.slot.restart) == restarts);
  };
  p.on(60), step(60, false);
  p.on(64), step(64, true);
  p.on(67), step(67, true);
  p.off(64), step(67, false);
  p.off(67), step(60, true);
  p.off(60), step(0, false);
  p.on(62), step(62, false);
}

TEST_CASE("legato keeps the gate and the velocity while keys overlap") {
  Player p(slot_of(1, VoiceSlot::Mode::legato));
  p.on(60, 0.5);
  p.cell();
  p.on(64, 1);
  p.cell();
  CHECK(p.open() == Keys{64});
  CHECK(p.at(p.slot.velocity) == 0.5);
  CHECK(p.voices.begun().empty());
  p.off(64);
  p.cell();
  CHECK(p.open() == Keys{60});
  p.off(60);
  p.cell();
  p.on(62, 0.25);
  p.cell();
  CHECK(p.at(p.slot.velocity) == 0.25);
  CHECK(p.at(p.slot.restart) == 0);
  CHECK(p.voices.begun().size() == 1);
}

TEST_CASE("a glide takes its time whatever the interval, moves in equal ratios, and ends on the pitch exactly") {
  for (const int to : {61, 72, 36}) {
    VoiceSlot slot = slot_of(1, VoiceSlot::Mode::mono);
    constexpr int kCells = 75;
    slot.glide_seconds = kCells * 64 / kRate;
    Player p(slot);
    p.on(69);
    p.cell();
    CHECK(p.at(slot.freq) == 440);
    p.on(to);
    const double target = 440 * std::exp2((to - 69) / 12.0);
    for (int i = 1; i < kCells; ++i) {
      p.cell(i != 1);
      p.cell(false);
      CHECK(p.at(slot.freq) == doctest::Approx(440 * std::pow(target / 440, i / double{kCells})).epsilon(1e-12));
      CHECK(p.at(slot.freq) != target);
    }
    p.cell();
    CHECK(p.at(slot.freq) == target);
    p.cells(3);
    CHECK(p.at(slot.freq) == target);
  }
}

TEST_CASE("a bend moves the notes of its channel by the range of the patch") {
  Player p(slot_of(2));
  p.on(69, 1, 0);
  p.on(69, 1, 1);
  p.voices.handle(event(EventKind::bend, 0, 0.5, 1));
  p.cell();
  CHECK(p.at(p.slot.freq, 0) == 440);
  CHECK(p.at(p.slot.bend, 1) == 1);
  CHECK(p.at(p.slot.freq, 1) == doctest::Approx(440 * std::exp2(1 / 12.0)).epsilon(1e-14));
}

TEST_CASE("a zone of member channels gives each note its own bend over the wider range, and the master's to all") {
  Player p(slot_of(4));
  p.voices.handle(controller(101, 0));
  p.voices.handle(controller(100, 6 / 127.0));
  p.voices.handle(controller(6, 3 / 127.0));
  p.on(60, 1, 1);
  p.on(64, 1, 2);
  p.on(67, 1, 4);
  p.voices.handle(event(EventKind::bend, 0, 0.25, 1));
  p.voices.handle(event(EventKind::bend, 0, 0.5, 0));
  p.voices.handle(event(EventKind::pressure, 0, 0.75, 2));
  p.voices.handle(event(EventKind::timbre, 0, 1, 2));
  p.cell();
  CHECK(p.at(p.slot.bend, 0) == 13);
  CHECK(p.at(p.slot.bend, 1) == 1);
  CHECK(p.at(p.slot.bend, 2) == 0);
  CHECK(p.at(p.slot.pressure, 0) == 0);
  CHECK(p.at(p.slot.pressure, 1) == 0.75);
  CHECK(p.at(p.slot.timbre, 0) == 0.5);
  CHECK(p.at(p.slot.timbre, 1) == 1);
  // A note that fades out does not follow the next one on its channel.
  p.off(60, 1);
  p.voices.handle(event(EventKind::bend, 0, -1, 1));
  p.cell();
  CHECK(p.at(p.slot.bend, 0) == 13);
  // The master's pedal holds its members.
  p.voices.handle(controller(64, 1, 0));
  p.off(64, 2);
  p.cell();
  CHECK(p.open() == Keys{64, 67});
}

TEST_CASE("notes that hosts number are bent, pressed and ended by their number") {
  Player p(slot_of(2));
  for (int32_t id : {7, 9}) p.voices.handle({.kind = EventKind::note_on, .key = 60, .note_id = id, .value = 1});
  p.voices.handle({.kind = EventKind::pressure, .note_id = 9, .value = 0.5});
  p.voices.handle({.kind = EventKind::bend, .note_id = 9, .value = 0.25});
  p.cell();
  CHECK(p.at(p.slot.pressure, 0) == 0);
  CHECK(p.at(p.slot.pressure, 1) == 0.5);
  CHECK(p.at(p.slot.bend, 1) == 12);
  p.voices.handle({.kind = EventKind::note_off, .key = 60, .note_id = 7});
  p.cell();
  CHECK(p.at(p.slot.gate, 0) == 0);
  CHECK(p.at(p.slot.gate, 1) == 1);
}

TEST_CASE("a choke ends all notes, held by the pedal or not, and notes outside the range are not heard") {
  VoiceSlot slot = slot_of(4);
  slot.lowest = slot.highest = 36;
  Player p(slot);
  p.voices.handle(controller(64, 1));
  p.on(36), p.on(36), p.on(37), p.on(35);
  p.off(36);
  p.cell();
  CHECK(p.open() == Keys{36, 36});
  p.voices.choke();
  p.cell();
  CHECK(p.open() == Keys{});
}

TEST_CASE("a released voice ends after 50 ms below -90 dB, and not while it sounds") {
  Player p(slot_of(1));
  p.on(60);
  p.levels[0] = 0;
  p.cells(100);
  CHECK(p.voices.sounding() == 1);
  p.off(60);
  p.cell();
  p.levels[0] = 3.2e-5f;
  p.cells(100);
  CHECK(p.voices.sounding() == 1);
  p.levels[0] = 3.1e-5f;
  p.cells(kSilentCells - 1);
  CHECK(p.voices.sounding() == 1);
  p.cell();
  CHECK(p.voices.sounding() == 0);
}

TEST_CASE("a voice with an output 'done' ends when that is 1, but not for the note before") {
  Player p(slot_of(1));
  p.has_done = true;
  p.has_levels = false;
  p.done[0] = 1;
  p.on(60);
  p.cell(false);
  p.cell();
  CHECK(p.voices.sounding() == 1);
  p.cell();
  CHECK(p.voices.sounding() == 0);
  CHECK(p.open() == Keys{});
  p.done[0] = 0;
  p.on(60);
  p.cell();
  p.off(60);
  p.cells(1000);
  CHECK(p.voices.sounding() == 1);
}

TEST_CASE("notes go on in the next version of a patch, with more voices, fewer, or one") {
  Player p(slot_of(4));
  for (const int key : {60, 62, 64}) p.on(key);
  p.cell();
  struct {
    uint32_t voices;
    VoiceSlot::Mode mode;
    Keys open;
  } const kNext[] = {{4, VoiceSlot::Mode::poly, {60, 62, 64}},
                     {8, VoiceSlot::Mode::poly, {60, 62, 64}},
                     {2, VoiceSlot::Mode::poly, {60, 62}},
                     {1, VoiceSlot::Mode::legato, {60}}};
  for (const auto& row : kNext) {
    Player q(slot_of(row.voices, row.mode));
    q.voices.take_over(p.voices);
    q.voices.write_all(q.bytes());
    CHECK(q.open() == row.open);
    CHECK_FALSE(q.voices.begin_cell(q.bytes(), true));
    for (const int key : {60, 62, 64}) q.off(key);
    q.cell();
    CHECK(q.open() == Keys{});
  }
}

TEST_CASE("no storm of events sounds more voices than there are or leaves one sounding") {
  Random random(5);
  for (uint64_t round = 0; round < test::scaled(60); ++round) {
    const auto mode = static_cast<VoiceSlot::Mode>(random.below(3));
    VoiceSlot slot = slot_of(mode == VoiceSlot::Mode::poly ? 1 + random.below(20) : 1, mode);
    slot.steal = static_cast<VoiceSlot::Steal>(random.below(3));
    slot.glide_seconds = mode == VoiceSlot::Mode::poly ? 0 : random.uniform(0, 0.1);
    Player p(slot);
    for (int i = 0; i < 3000; ++i) {
      Event e = event(static_cast<EventKind>(random.below(10)), static_cast<int>(random.below(128)),
                      random.chance(0.05) ? NAN : random.uniform(-1.2, 1.2), static_cast<uint8_t>(random.below(16)));
      constexpr std::array<uint32_t, 7> kControllers = {64, 6, 100, 101, 120, 121, 123};
      if (e.kind == EventKind::controller) e.index = kControllers[random.below(7)];
      if (random.chance(0.2)) e.note_id = static_cast<int32_t>(random.below(5));
      p.voices.handle(e);
      if (random.chance(0.3)) p.cell(random.chance(0.5));
      REQUIRE(p.voices.sounding() <= slot.voices);
    }
    for (uint8_t channel = 0; channel < 16; ++channel) {
      p.voices.handle(controller(64, 0, channel));
      p.voices.handle(event(EventKind::all_notes_off, 0, 0, channel));
    }
    for (float& level : p.levels) level = 0;
    p.cells(kSilentCells + 3);
    CHECK(p.open() == Keys{});
    CHECK(p.voices.sounding() == 0);
    for (const double value : p.controls) CHECK(std::isfinite(value));
  }
}
