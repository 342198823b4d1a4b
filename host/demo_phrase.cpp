// Four bars in A minor: Am F C G under a melody, every kind of gesture that a keyboard makes.
#include "sinter/host/demo_phrase.hpp"

#include <algorithm>
#include <cmath>

namespace sinter::host {
namespace {

struct Note {
  double beat, beats;  // when and how long, in quarter notes
  uint8_t key;
  double velocity;
};

constexpr Note kNotes[] = {
    // Chords, held by the pedal over their bars
    {0, 3.5, 45, 0.70},
    {0.01, 3.4, 57, 0.45},
    {0.02, 3.4, 60, 0.45},
    {0.03, 3.4, 64, 0.45},
    {4, 3.5, 41, 0.65},
    {4.01, 3.4, 57, 0.40},
    {4.02, 3.4, 60, 0.40},
    {4.03, 3.4, 65, 0.40},
    {8, 3.5, 48, 0.70},
    {8.01, 3.4, 55, 0.50},
    {8.02, 3.4, 60, 0.50},
    {8.03, 3.4, 64, 0.50},
    {12, 3.5, 43, 0.75},
    {12.01, 3.4, 55, 0.55},
    {12.02, 3.4, 59, 0.55},
    {12.03, 3.4, 62, 0.55},
    // Melody: legato, repeated and short notes, soft to loud
    {0.5, 0.5, 76, 0.50},
    {1, 0.5, 72, 0.55},
    {1.5, 1, 74, 0.65},
    {2.5, 0.25, 71, 0.45},
    {2.75, 0.25, 72, 0.50},
    {3, 1, 69, 0.60},
    {4.5, 0.5, 69, 0.50},
    {5, 0.5, 72, 0.60},
    {5.5, 1, 77, 0.75},
    {6.5, 0.5, 76, 0.65},
    {7, 1, 72, 0.55},
    {8.5, 0.25, 79, 0.80},
    {8.75, 0.25, 79, 0.60},
    {9, 0.5, 79, 0.85},
    {9.5, 1, 76, 0.70},
    {10.5, 0.5, 72, 0.60},
    {11, 1, 74, 0.65},
    {12.5, 1.5, 74, 0.80},
    {14, 0.5, 71, 0.60},
    {14.5, 0.5, 67, 0.50},
    {15, 0.75, 68, 0.90},
};

struct Control {
  double beat;
  EventKind kind;
  uint32_t index;
  double value;
};
constexpr uint32_t kPedal = 64, kModulation = 1;

constexpr Control kControls[] = {
    {0, EventKind::controller, kModulation, 0}, {0, EventKind::bend, 0, 0},
    {0.25, EventKind::controller, kPedal, 1},   {3.9, EventKind::controller, kPedal, 0},
    {4.25, EventKind::controller, kPedal, 1},   {7.9, EventKind::controller, kPedal, 0},
    {8.25, EventKind::controller, kPedal, 1},   {11.9, EventKind::controller, kPedal, 0},
    {12.25, EventKind::controller, kPedal, 1},  {15.9, EventKind::controller, kPedal, 0},
};

constexpr double kStepBeats = 1.0 / 32;  // of what glides

}  // namespace

DemoPhrase::DemoPhrase(double sample_rate) {
  const auto at = [&](double beat) {
    return static_cast<uint64_t>(std::llround(beat * 60 / kDemoTempo * sample_rate));
  };
  length_ = std::max<uint64_t>(at(kDemoBeats), 1);
  const auto add = [&](double beat, const Event& event) { events_.push_back({at(beat) % length_, event}); };
  for (const Control& control : kControls)
    add(control.beat, {.kind = control.kind, .index = control.index, .value = control.value});
  // The long note of bar 4 is bent up a whole bend range and back; the wheel swells under the end of bar 2.
  for (double x = 0; x <= 1; x += kStepBeats) {
    add(12.75 + x, {.kind = EventKind::bend, .value = 0.5 - 0.5 * std::cos(2 * std::acos(-1.0) * x)});
    add(7 + x, {.kind = EventKind::controller, .index = kModulation, .value = x < 1 ? x : 0});
  }
  for (const Note& note : kNotes) {
    add(note.beat, {.kind = EventKind::note_on, .key = note.key, .value = note.velocity});
    add(note.beat + note.beats, {.kind = EventKind::note_off, .key = note.key, .value = 0.5});
  }
  // At one frame what ends comes before what begins: a repeated key is let go first.
  std::stable_sort(events_.begin(), events_.end(), [](const Timed& a, const Timed& b) {
    if (a.frame != b.frame) return a.frame < b.frame;
    return a.event.kind != EventKind::note_on && b.event.kind == EventKind::note_on;
  });
}

uint32_t DemoPhrase::fill(uint64_t position, uint32_t frames, std::span<Event> events) const noexcept {
  uint32_t count = 0;
  for (uint64_t done = 0; done < frames;) {
    const uint64_t begin = (position + done) % length_;
    const uint64_t end = std::min(begin + (frames - done), length_);
    auto next = std::lower_bound(events_.begin(), events_.end(), begin,
                                 [](const Timed& timed, uint64_t frame) { return timed.frame < frame; });
    for (; next != events_.end() && next->frame < end; ++next) {
      if (count == events.size()) return count;
      events[count] = next->event;
      events[count++].frame = static_cast<uint32_t>(done + (next->frame - begin));
    }
    done += end - begin;
  }
  return count;
}

}  // namespace sinter::host
