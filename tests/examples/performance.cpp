// See performance.hpp. Everything is computed from integers and products, so that it is the same on every machine.
#include "performance.hpp"

#include <algorithm>

#include "support.hpp"

namespace sinter::test {
namespace {

constexpr uint32_t kBeat = 12'000;  // frames

using Rows = std::vector<std::vector<float>>;

// Two tones that ring and a burst of noise, struck on every beat: rotations, because the sine of a library may differ.
std::vector<float> plucked(uint64_t seed) {
  std::vector<float> row(kPerformanceFrames);
  Random random(seed);
  struct Tone {
    double cosine, sine, x, y;
  };
  // 220 Hz and 1,320 Hz at 48 kHz, ringing for about a third of a second.
  Tone tones[] = {{0.99950, 0.02879, 0, 0}, {0.98490, 0.17194, 0, 0}};
  double noise = 0;
  for (uint32_t n = 0; n < row.size(); ++n) {
    if (n % kBeat == 0) tones[0].x = 0.4, tones[0].y = 0, tones[1].x = 0.15, tones[1].y = 0, noise = 0.3;
    double sum = noise * random.uniform(-1, 1);
    noise *= 0.9995;
    for (Tone& t : tones) {
      const double x = t.cosine * t.x - t.sine * t.y;
      t.y = t.sine * t.x + t.cosine * t.y;
      t.x = x;
      sum += t.y;
    }
    row[n] = static_cast<float>(sum);
  }
  return row;
}

std::vector<float> pulsing(uint64_t seed) {
  std::vector<float> row(kPerformanceFrames);
  Random random(seed);
  double level = 0;
  for (uint32_t n = 0; n < row.size(); ++n) {
    if (n % (kBeat / 2) == 0) level = 0.5;
    row[n] = static_cast<float>(level * random.uniform(-1, 1));
    level *= 0.9997;
  }
  return row;
}

std::vector<Event> melody() {
  constexpr uint8_t kChords[][4] = {{36, 48, 55, 64}, {38, 50, 57, 65}, {42, 45, 52, 60}, {46, 43, 55, 59}};
  std::vector<Event> events;
  const auto strike = [&](uint32_t frame, uint8_t key, double velocity) {
    events.push_back({.frame = frame, .kind = EventKind::note_on, .key = key, .value = velocity});
  };
  for (uint32_t beat = 0; beat * kBeat < kPerformanceFrames; ++beat) {
    for (const uint8_t key : kChords[beat % 4]) strike(beat * kBeat + 100, key, 0.8);
    for (const uint8_t key : kChords[beat % 4]) strike(beat * kBeat + 9'000, key, 0);
  }
  return events;
}

}  // namespace

Rows perform(const std::shared_ptr<const Program>& program) {
  Engine engine;
  engine.prepare(program);
  Rows in, out(program->layout.output_channels, std::vector<float>(kPerformanceFrames));
  for (const BusSlot& bus : program->layout.inputs)
    for (uint32_t c = 0; c < bus.channels; ++c)
      in.push_back(bus.first_channel == 0 ? plucked(c + 1) : pulsing(in.size() + 1));
  const std::vector<Event> events = melody();
  Random random(1);
  size_t next = 0;
  for (uint32_t at = 0; at < kPerformanceFrames;) {
    const uint32_t count = std::min(kPerformanceFrames - at, 1 + random.below(500));
    std::vector<Event> due;
    for (; next < events.size() && events[next].frame < at + count; ++next) {
      due.push_back(events[next]);
      due.back().frame -= at;
    }
    std::vector<const float*> inputs;
    std::vector<float*> outputs;
    for (const std::vector<float>& row : in) inputs.push_back(row.data() + at);
    for (std::vector<float>& row : out) outputs.push_back(row.data() + at);
    engine.process(inputs, outputs, count, due);
    at += count;
  }
  return out;
}

}  // namespace sinter::test
