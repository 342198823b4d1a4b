// Which voice plays which note, and which ends for one more.
#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "support.hpp"
#include "voices_player.hpp"

using namespace sinter;
using namespace sinter::test;

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

TEST_CASE("a note that has not been heard for a whole cell is not the quietest") {
  VoiceSlot slot = slot_of(2);
  slot.steal = VoiceSlot::Steal::quietest;
  for (const bool on_grid : {false, true}) {
    Player p(slot);
    p.on(60);
    p.cells(2);
    p.levels = {0.5f, 0, 0, 0};
    p.cell();
    p.on(62);
    p.cell(on_grid);
    if (!on_grid) p.cell();  // what it was before the note counts in
    CHECK(p.on(64) == 1);
    p.cell();
    CHECK(p.open() == Keys{64, 62});
  }
}

TEST_CASE("the voice that has been free for longest plays next, and one key up ends the oldest note of its key") {
  Player p(slot_of(2));
  p.levels = {0, 0, 0, 0};
  p.on(60), p.on(62);
  p.cell();
  p.off(60), p.off(62);
  p.cells(kSilentCells + 1);
  CHECK(p.voices.sounding() == 0);
  p.on(64, 0.5);
  p.cell();
  CHECK(p.at(p.slot.note, 0) == 64);
  p.on(64, 1);
  p.cell();
  p.off(64);
  p.cell();
  CHECK(p.at(p.slot.gate, 0) == 0);
  CHECK(p.at(p.slot.gate, 1) == 1);
}

TEST_CASE("a note whose key and pedal go up before it was heard sounds up to the next grid line") {
  Player p(slot_of(1));
  p.voices.handle(controller(64, 1));
  p.on(60);
  p.off(60);
  p.voices.handle(controller(64, 0));
  p.cell(false);
  CHECK(p.open() == Keys{60});
  p.cell();
  CHECK(p.open() == Keys{});
}
