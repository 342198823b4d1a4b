// When voices have ended, and how they go on in the next version of a patch.
#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "support.hpp"
#include "voices_player.hpp"

using namespace sinter;
using namespace sinter::test;

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

TEST_CASE("what is not a number is silence") {
  Player p(slot_of(1));
  p.on(60);
  p.cell();
  p.off(60);
  p.levels[0] = NAN;
  p.cells(kSilentCells + 1);
  CHECK(p.voices.sounding() == 0);
}

TEST_CASE("newer voices go on with the order, the pedal and the keys of older ones") {
  Player older(slot_of(3));
  for (const int key : {60, 62, 64}) older.on(key);
  older.voices.handle(controller(64, 1));
  older.cell();
  Player newer(slot_of(3));
  newer.voices.take_over(older.voices);
  newer.voices.write_all(newer.bytes());
  newer.off(62);
  newer.cell();
  CHECK(newer.open() == Keys{60, 62, 64});
  newer.voices.handle(controller(64, 0));
  newer.cell();
  CHECK(newer.on(65) == 1);
  CHECK(newer.on(66) == 1);
  CHECK(newer.on(67) == 1);
  newer.cell();
  CHECK(newer.open() == Keys{66, 65, 67});
}

TEST_CASE("poly becomes mono and back with the key of its first voice, from which mono glides") {
  VoiceSlot slot = slot_of(1, VoiceSlot::Mode::mono);
  slot.glide_seconds = 0.1;
  Player first(slot);
  first.on(69);
  first.cell();
  Player poly(slot_of(2));
  poly.voices.take_over(first.voices);
  Player mono(slot);
  mono.voices.take_over(poly.voices);
  mono.voices.write_all(mono.bytes());
  CHECK(mono.open() == Keys{69});
  mono.on(57);
  mono.cell();
  CHECK(mono.at(slot.freq) > 221);
  mono.off(57);
  mono.cell();
  CHECK(mono.open() == Keys{69});
  mono.off(69);
  mono.cell();
  CHECK(mono.open() == Keys{});
  Player never_mono(slot_of(2));
  never_mono.on(69);
  never_mono.cell();
  Player last(slot);
  last.voices.take_over(never_mono.voices);
  last.voices.write_all(last.bytes());
  last.on(57);
  last.cell();
  CHECK(last.at(slot.freq) > 221);
}
