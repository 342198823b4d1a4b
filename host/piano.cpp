// Keys to notes, as trackers and DAWs lay them out.
#include "sinter/host/piano.hpp"

#include <algorithm>
#include <string_view>

namespace sinter::host {
namespace {

constexpr std::string_view kKeys = "awsedftgyhujkolp;";  // C to the E of the next octave
constexpr int kLowestOctave = 0, kHighestOctave = 8;
constexpr double kVelocityStep = 0.125;

Event note(EventKind kind, uint8_t key, double value) { return {.kind = kind, .key = key, .value = value}; }

}  // namespace

bool Piano::is_key(char key) { return kKeys.find(key) != kKeys.npos || std::string_view("zxcv ").find(key) < 5; }

std::vector<Event> Piano::press(char key, Clock::time_point now) {
  if (const size_t at = kKeys.find(key); at != kKeys.npos) {
    const int number = 12 * (octave_ + 1) + static_cast<int>(at);
    return number <= 127 ? strike(static_cast<uint8_t>(number), now) : std::vector<Event>{};
  }
  switch (key) {
    case 'z':
      octave_ = std::max(octave_ - 1, kLowestOctave);
      break;
    case 'x':
      octave_ = std::min(octave_ + 1, kHighestOctave);
      break;
    case 'c':
      velocity_ = std::max(velocity_ - kVelocityStep, kVelocityStep);
      break;
    case 'v':
      velocity_ = std::min(velocity_ + kVelocityStep, 1.0);
      break;
    case ' ':
      sounding_.clear();
      return {{.kind = EventKind::all_notes_off}};
    default:
      break;
  }
  return {};
}

std::vector<Event> Piano::strike(uint8_t number, Clock::time_point now) {
  const auto same = std::find_if(sounding_.begin(), sounding_.end(), [&](const Note& n) { return n.key == number; });
  if (same != sounding_.end() && now - same->last <= kRepeat) {
    same->last = now;
    return {};
  }
  std::vector<Event> events;
  std::erase_if(sounding_, [&](const Note& n) {
    const bool ends = n.key == number || now - n.struck > kChord;
    if (ends) events.push_back(note(EventKind::note_off, n.key, 0));
    return ends;
  });
  events.push_back(note(EventKind::note_on, number, velocity_));
  sounding_.push_back({number, now, now});
  return events;
}

std::vector<Event> Piano::release(Clock::time_point now) {
  std::vector<Event> events;
  std::erase_if(sounding_, [&](const Note& n) {
    const bool ends = now - n.last >= kHold;
    if (ends) events.push_back(note(EventKind::note_off, n.key, 0));
    return ends;
  });
  return events;
}

std::optional<Piano::Clock::time_point> Piano::due() const {
  std::optional<Clock::time_point> first;
  for (const Note& n : sounding_) first = first ? std::min(*first, n.last + kHold) : n.last + kHold;
  return first;
}

}  // namespace sinter::host
