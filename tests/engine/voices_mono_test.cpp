// Mono and legato, and what bends and presses notes.
#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "support.hpp"
#include "voices_player.hpp"

using namespace sinter;
using namespace sinter::test;

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
  p.voices.handle(event(EventKind::pressure, 0, 1, 1));
  p.cell();
  CHECK(p.at(p.slot.bend, 0) == 13);
  CHECK(p.at(p.slot.pressure, 0) == 0);
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

TEST_CASE(
    "a note begins with the pressure and timbre of its channel, and with no bend and release of its voice's last") {
  Player p(slot_of(1));
  p.voices.handle({.kind = EventKind::note_on, .key = 60, .note_id = 7, .value = 1});
  p.voices.handle({.kind = EventKind::bend, .note_id = 7, .value = 0.5});
  p.cell();
  CHECK(p.at(p.slot.bend) == 24);
  p.voices.handle({.kind = EventKind::note_off, .key = 60, .note_id = 7, .value = 9});
  p.voices.handle(event(EventKind::pressure, 0, 0.5));
  p.voices.handle(event(EventKind::timbre, 0, 0.75));
  p.cell();
  CHECK(p.at(p.slot.off_velocity) == 1);
  p.on(62);
  p.cell();
  CHECK(p.at(p.slot.bend) == 0);
  CHECK(p.at(p.slot.off_velocity) == 0);
  CHECK(p.at(p.slot.pressure) == 0.5);
  CHECK(p.at(p.slot.timbre) == 0.75);
}

TEST_CASE("controller 121 puts bend and pedal to rest") {
  Player p(slot_of(1));
  p.voices.handle(event(EventKind::bend, 0, 1));
  p.voices.handle(controller(64, 1));
  p.on(60);
  p.cell();
  p.off(60);
  p.cell();
  CHECK(p.at(p.slot.bend) == 2);
  CHECK(p.open() == Keys{60});
  p.voices.handle(controller(121, 0));
  p.cell();
  CHECK(p.at(p.slot.bend) == 0);
  CHECK(p.open() == Keys{});
}

TEST_CASE("mono goes back to a key that is down when the pedal or another channel lets go of the last one") {
  Player p(slot_of(1, VoiceSlot::Mode::mono));
  p.on(60);
  p.voices.handle(controller(64, 1));
  p.on(64);
  p.cell();
  p.off(64);
  p.cell();
  CHECK(p.open() == Keys{64});
  p.voices.handle({.kind = EventKind::note_off, .key = 64, .value = 0.75});
  p.voices.handle(controller(64, 0));
  p.cell();
  CHECK(p.open() == Keys{60});
  p.on(67, 1, 1);
  p.cell();
  p.voices.handle(event(EventKind::all_notes_off, 0, 0, 1));
  p.cell();
  CHECK(p.open() == Keys{60});
}

TEST_CASE("legato begins anew where the key before went up in the same frame, and mono glides without a jump") {
  Player legato(slot_of(1, VoiceSlot::Mode::legato));
  legato.on(60, 0.5), legato.off(60), legato.on(64, 1);
  legato.cell();
  CHECK(legato.at(legato.slot.velocity) == 1);
  VoiceSlot slot = slot_of(1, VoiceSlot::Mode::mono);
  slot.glide_seconds = 0.1;
  Player mono(slot);
  mono.on(60);
  mono.cell();
  mono.on(64);
  mono.cell();
  CHECK(mono.voices.begun().empty());
}

TEST_CASE("more keys than mono remembers are played, and all end") {
  Player p(slot_of(1, VoiceSlot::Mode::mono));
  for (int key = 0; key < 128; ++key) p.on(key);
  p.cell();
  CHECK(p.open() == Keys{127});
  for (int key = 127; key > 64; --key) p.off(key);
  p.cell();
  CHECK(p.open() == Keys{64});
  for (int key = 0; key < 65; ++key) p.off(key);
  p.cell();
  CHECK(p.open() == Keys{});
}
