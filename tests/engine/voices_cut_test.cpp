// What silences voices: chokes, all sound off, and how they come back.
#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "support.hpp"
#include "voices_player.hpp"

using namespace sinter;
using namespace sinter::test;

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
  CHECK(p.voices.sounding() == 0);
  p.cell();
  CHECK(p.open() == Keys{});
}

TEST_CASE("a voice that is cut has ended, fades from the next grid line on, and opens with its next note") {
  Player p(slot_of(1));
  const auto opened = [&](bool on_grid) {
    p.cell(on_grid);
    return p.at(p.slot.open) == 1;
  };
  p.on(60);
  CHECK(opened(true));
  p.voices.choke();
  CHECK(p.voices.sounding() == 0);
  CHECK(opened(false));
  CHECK(p.at(p.slot.gate) == 0);
  CHECK_FALSE(opened(true));
  for (int i = 0; i < 50; ++i) CHECK_FALSE(opened(i % 3 > 0));
  p.on(62);
  CHECK(opened(false));
  CHECK(p.voices.begun().size() == 1);
  // A note that begins before the grid line was not cut at all.
  p.voices.choke();
  CHECK(opened(false));
  p.on(64);
  CHECK(opened(true));
  CHECK(p.open() == Keys{64});
  // One that was never heard is cut as well.
  p.on(65);
  p.voices.choke();
  CHECK_FALSE(opened(true));
  CHECK(p.voices.begun().empty());
  CHECK(p.open() == Keys{});
  p.voices.reset();
  p.voices.write_all(p.bytes());
  CHECK(p.at(p.slot.open) == 1);
}

TEST_CASE("all sound off cuts the voices of its channel, also those held by the pedal and those that have ended") {
  for (const bool as_controller : {false, true}) {
    Player p(slot_of(4));
    p.has_done = true;
    p.voices.handle(controller(64, 1, 2));
    for (const uint8_t channel : std::array<uint8_t, 4>{0, 2, 2, 2}) p.on(60, 1, channel);
    p.off(60, 2);
    p.cells(2);
    p.done[2 * 2] = 1;
    p.cell();
    CHECK(p.voices.sounding() == 3);
    p.voices.handle(as_controller ? controller(120, 0, 2) : event(EventKind::all_sound_off, 0, 0, 2));
    CHECK(p.voices.sounding() == 1);
    p.cell();
    CHECK(p.open() == Keys{60});
    CHECK(p.at(p.slot.open, 0) == 1);
    for (const uint32_t voice : {1u, 2u, 3u}) CHECK(p.at(p.slot.open, voice) == 0);
  }
}

TEST_CASE("all notes off releases voices and leaves them open") {
  Player p(slot_of(1));
  p.on(60);
  p.cell();
  p.voices.handle(event(EventKind::all_notes_off, 0, 0));
  p.cells(2);
  CHECK(p.at(p.slot.gate) == 0);
  CHECK(p.at(p.slot.open) == 1);
  CHECK(p.voices.sounding() == 1);
}

TEST_CASE("mono forgets its keys with a cut, and does not glide to its next note, which opens at once") {
  VoiceSlot slot = slot_of(1, VoiceSlot::Mode::mono);
  slot.glide_seconds = 0.1;
  Player p(slot);
  p.on(69);
  p.cell();
  p.voices.choke();
  p.cells(2);
  p.on(57);
  p.cell(false);
  CHECK(p.at(slot.freq) == 220);
  CHECK(p.at(slot.open) == 1);
  CHECK(p.voices.begun().size() == 1);
  p.off(57);
  p.cell();
  CHECK(p.open() == Keys{});
}

TEST_CASE("a key of mono that goes up under another channel's pedal does not open a voice that was cut") {
  Player p(slot_of(1, VoiceSlot::Mode::mono));
  p.on(60, 1, 0);
  p.on(64, 1, 1);
  p.cell();
  p.voices.handle(controller(64, 1, 1));
  p.voices.handle(event(EventKind::all_sound_off, 0, 0, 1));
  p.cell();
  p.off(60, 0);
  p.cell();
  CHECK(p.open() == Keys{});
  CHECK(p.voices.sounding() == 0);
}
