// The parts of `sinter play` that need no device: phrase, piano, statistics, status lines, channels.
#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "sinter/host/audio_device.hpp"
#include "sinter/host/demo_phrase.hpp"
#include "sinter/host/load_statistics.hpp"
#include "sinter/host/piano.hpp"
#include "sinter/host/play_status.hpp"
#include "sinter/host/player.hpp"
#include "sinter/host/terminal.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::host;
using std::chrono::milliseconds;

namespace {

struct At {
  uint64_t frame;
  Event event;
  friend bool operator==(const At& a, const At& b) {
    return a.frame == b.frame && a.event.kind == b.event.kind && a.event.key == b.event.key &&
           a.event.index == b.event.index && a.event.value == b.event.value;
  }
};

std::vector<At> played(const DemoPhrase& phrase, uint64_t begin, uint64_t end, uint32_t block) {
  std::vector<At> all;
  std::vector<Event> events(phrase.size() * 3);
  for (uint64_t position = begin; position < end;) {
    const auto frames = static_cast<uint32_t>(std::min<uint64_t>(block, end - position));
    const uint32_t count = phrase.fill(position, frames, events);
    for (uint32_t i = 0; i < count; ++i) {
      CHECK(events[i].frame < frames);
      all.push_back({position + events[i].frame, events[i]});
    }
    position += frames;
  }
  return all;
}

LoadFigures figures_of(const std::vector<double>& loads) {
  LoadHistogram histogram;
  for (double load : loads) histogram.add(load);
  return LoadStatistics(histogram).overall();
}

}  // namespace

TEST_CASE("the demo phrase is the same however its frames are cut") {
  for (double rate : {8'000.0, 44'100.0, 48'000.0, 192'000.0}) {
    const DemoPhrase phrase(rate);
    CHECK(phrase.length() == static_cast<uint64_t>(rate * 8));
    const uint64_t end = phrase.length() * 2 + 1'000;
    const std::vector<At> whole = played(phrase, 0, end, static_cast<uint32_t>(end));
    CHECK(whole.size() > 2 * phrase.size());
    for (uint32_t block : {64u, 997u, 48'000u}) CHECK(played(phrase, 0, end, block) == whole);
  }
}

TEST_CASE("in the demo phrase every note that begins ends, and what began in one pass is over before it begins again") {
  const DemoPhrase phrase(48'000);
  std::map<int, int> down;
  uint64_t before = 0;
  bool pedal = false, bent = false;
  for (const At& at : played(phrase, 0, phrase.length() * 3, 512)) {
    CHECK(at.frame >= before);
    before = at.frame;
    if (at.event.kind == EventKind::note_on) {
      CHECK(++down[at.event.key] == 1);
      CHECK((at.event.value > 0 && at.event.value <= 1));
    }
    if (at.event.kind == EventKind::note_off) CHECK(--down[at.event.key] == 0);
    pedal |= at.event.kind == EventKind::controller && at.event.index == 64 && at.event.value == 1;
    bent |= at.event.kind == EventKind::bend && at.event.value > 0.9;
  }
  for (const auto& [key, count] : down) CHECK(count == 0);
  CHECK(pedal);
  CHECK(bent);
}

TEST_CASE("percentiles of the load are right to a class's width") {
  std::vector<double> loads;
  for (int i = 1; i <= 1'000; ++i) loads.push_back(i / 1'000.0);
  const LoadFigures figures = figures_of(loads);
  CHECK(figures.callbacks == 1'000);
  CHECK(figures.p50 == doctest::Approx(0.5).epsilon(1.0 / 32));
  CHECK(figures.p99 == doctest::Approx(0.99).epsilon(1.0 / 32));
  CHECK(figures.max == 1.0);
}

TEST_CASE("a load of any size has its class, and the largest is exact") {
  for (double load : {0.0, -1.0, 1e-9, 1.0 / 65'536, 0.37, 1.0, 200.0, 1e9, std::nan("")}) {
    CAPTURE(load);
    CHECK(LoadHistogram::class_of(load) < LoadHistogram::kClasses);
  }
  for (double load : {1e-4, 0.01, 0.37, 1.0, 3.0, 200.0}) {
    CAPTURE(load);
    const double edge = LoadHistogram::upper_edge(LoadHistogram::class_of(load));
    CHECK(edge > load);
    CHECK(edge <= load * (1 + 1.0 / 32) * (1 + 1e-12));
  }
  CHECK(figures_of({}).callbacks == 0);
  CHECK(figures_of({0.25}).p50 == 0.25);
  CHECK(figures_of({0.01, 7.7}).max == 7.7);
}

TEST_CASE("recent figures forget what is older than their window") {
  LoadHistogram histogram;
  LoadStatistics statistics(histogram);
  histogram.add(3);
  CHECK(statistics.recent().callbacks == 1);
  for (size_t i = 0; i <= LoadStatistics::kWindow; ++i) {
    histogram.add(0.1);
    statistics.tick();
  }
  CHECK(statistics.recent().callbacks == LoadStatistics::kWindow);
  CHECK(statistics.recent().max < 0.2);
  CHECK(statistics.overall().max == 3);
}

TEST_CASE("the piano's keys are the notes of a keyboard from C") {
  const Piano::Clock::time_point now{};
  struct Row {
    char key;
    int note;
  };
  for (const Row row : {Row{'a', 60}, {'w', 61}, {'s', 62}, {'f', 65}, {'j', 71}, {'k', 72}, {'o', 73}, {';', 76}}) {
    Piano piano;
    const auto events = piano.press(row.key, now);
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == EventKind::note_on);
    CHECK(events[0].key == row.note);
  }
  Piano piano;
  for (int i = 0; i < 20; ++i) CHECK(piano.press('z', now).empty());
  CHECK(piano.press('a', now)[0].key == 12);
  for (int i = 0; i < 20; ++i) piano.press('x', now);
  CHECK(piano.octave() == 8);
  CHECK(piano.press('a', now).back().key == 108);
  for (int i = 0; i < 20; ++i) piano.press('c', now);
  CHECK(piano.press('s', now).back().value > 0);
  for (int i = 0; i < 20; ++i) piano.press('v', now);
  CHECK(piano.press('d', now).back().value == 1);
  for (char other : {'q', 'i', 'A', '1', '\n', '\0'}) {
    CHECK_FALSE(Piano::is_key(other));
    CHECK(piano.press(other, now).empty());
  }
}

TEST_CASE("a piano note ends with the next key, or when it is held no more") {
  const Piano::Clock::time_point start{};
  Piano piano;
  piano.press('a', start);
  CHECK(piano.press('d', start + milliseconds(10)).size() == 1);   // a chord
  CHECK(piano.press('g', start + milliseconds(300)).size() == 3);  // two end, one begins
  CHECK(piano.press('g', start + milliseconds(330)).empty());      // held: the terminal repeats it
  REQUIRE(piano.due());
  CHECK(*piano.due() == start + milliseconds(330) + Piano::kHold);
  CHECK(piano.release(*piano.due() - milliseconds(1)).empty());
  CHECK(piano.release(*piano.due()).size() == 1);
  CHECK_FALSE(piano.due());
  piano.press('a', start + milliseconds(2'000));
  CHECK(piano.press('a', start + milliseconds(2'200)).size() == 2);  // struck again
  CHECK(piano.press(' ', start + milliseconds(2'300)).front().kind == EventKind::all_notes_off);
  CHECK_FALSE(piano.due());
}

TEST_CASE("a first output of one channel sounds on both sides, and what comes after it follows") {
  const Routing mono{.main_outputs = 1, .outputs = 3}, stereo{.main_outputs = 2, .outputs = 3}, none;
  const int of_mono[] = {0, 0, 1, 2, -1}, of_stereo[] = {0, 1, 2, -1, -1};
  for (uint32_t c = 0; c < 5; ++c) {
    CHECK(patch_channel(mono, c) == of_mono[c]);
    CHECK(patch_channel(stereo, c) == of_stereo[c]);
    CHECK(patch_channel(none, c) == -1);
  }
}

TEST_CASE("a source of one channel is spread over the first input only") {
  const Routing routing{.main_inputs = 2, .inputs = 3};
  const int of_mono[] = {0, 0, -1, -1}, of_stereo[] = {0, 1, -1, -1}, of_four[] = {0, 1, 2, -1};
  for (uint32_t c = 0; c < 4; ++c) {
    CHECK(source_channel(routing, c, 1) == of_mono[c]);
    CHECK(source_channel(routing, c, 2) == of_stereo[c]);
    CHECK(source_channel(routing, c, 4) == of_four[c]);
    CHECK(source_channel(routing, c, 0) == -1);
  }
}

TEST_CASE("devices are found by number, by name and by a part of it") {
  const std::vector<AudioDevice> devices = {
      {.index = 0, .name = "HDA Intel: Analog", .api = "ALSA", .inputs = 2, .outputs = 2},
      {.index = 1, .name = "HDA Intel: HDMI", .api = "ALSA", .outputs = 8},
      {.index = 2, .name = "system", .api = "JACK", .inputs = 2, .outputs = 2},
      {.index = 3, .name = "system", .api = "ALSA", .inputs = 0, .outputs = 2},
  };
  struct Row {
    const char* text;
    bool output;
    int index;  // −1: no_device, −2: usage
  };
  const Row rows[] = {{"1", true, 1},    {"hdmi", true, 1},    {"1", false, -2},      {"analog", false, 0},
                      {"hda", true, -2}, {"hda", false, 0},    {"system", true, -2},  {"JACK: system", true, 2},
                      {"jack", true, 2}, {"system", false, 2}, {"nothing", true, -1}, {"17", true, -2}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Result<int> found = find_device(devices, row.text, row.output);
    if (row.index >= 0) CHECK(*found == row.index);
    else CHECK(found.error().code == (row.index == -1 ? Errc::no_device : Errc::usage));
  }
}

TEST_CASE("status lines fit every width, and the lost device stays to the last") {
  PlayView view{.peaks = {0.5f, 1.2f},
                .load = {100, 0.031, 0.055, 0.1},
                .xruns = 1'234,
                .not_finite = 7,
                .seconds = 3'723,
                .backend = "avx512",
                .guard = GuardState::muted,
                .recording = true,
                .demo = true,
                .watching = true,
                .lost = "device lost, trying again",
                .parameter = "◂ cutoff 1000 Hz ▸",
                .piano = "♪ C4  velocity 95"};
  for (size_t channels : {0u, 1u, 2u, 4u, 5u, 64u}) {
    view.peaks.assign(channels, 0.5f);
    for (size_t width = 0; width <= 200; ++width)
      for (bool colour : {false, true}) {
        const auto lines = status_lines(view, width, colour);
        CHECK(lines.size() == 3);
        for (const std::string& line : lines) {
          CHECK(display_width(line) <= width);
          if (!colour) CHECK(line.find('\x1b') == std::string::npos);
        }
        if (width >= 40) CHECK(lines[1].find("lost") != std::string::npos);
      }
  }
}

TEST_CASE("a meter is empty below -60 dB, full at 0 dB and falls steadily") {
  CHECK(level_bar(0, 10, false) == "··········");
  CHECK(level_bar(1, 10, false) == "██████████");
  CHECK(level_bar(100, 10, false) == "██████████");
  CHECK(level_bar(0.0316228f, 10, false) == "█████·····");
  CHECK(level_block(0, false) == "·");
  CHECK(level_block(1, false) == "█");
  PeakHold hold;
  CHECK(hold.show(1, 0) == 1);
  CHECK(hold.show(0, 1) == doctest::Approx(0.1));
  CHECK(hold.show(0, 100) == 0);
}
