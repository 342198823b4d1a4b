// What MIDI channels remember between notes: bend, pressure, timbre, pedal, and the zones of MPE controllers. Private
// to the engine. Source: MIDI Polyphonic Expression 1.1, M1-100-UM.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "sinter/engine/event.hpp"

namespace sinter {

class MidiChannels {
 public:
  struct Channel {
    double bend = 0, pressure = 0, timbre = 0.5;
    bool pedal = false;
    uint8_t rpn_high = 127, rpn_low = 127;  ///< which registered parameter data goes to; 127, 127: none
    /// Controller 121: timbre and the RPN stay (RP-015).
    void reset() {
      bend = pressure = 0;
      pedal = false;
    }
  };

  Channel& at(uint8_t channel) { return channels_[channel % 16]; }
  const Channel& at(uint8_t channel) const { return channels_[channel % 16]; }

  void set(uint8_t channel, EventKind kind, double value) {
    if (kind == EventKind::bend) at(channel).bend = value;
    else if (kind == EventKind::pressure) at(channel).pressure = value;
    else if (kind == EventKind::timbre) at(channel).timbre = value;
  }

  /// A member channel carries one note of an MPE controller. Zones are set by RPN 6: the lower one lies above channel
  /// 0, its master, the upper one below channel 15.
  bool is_member(uint8_t channel) const {
    return (channel >= 1 && channel <= lower_) || (channel <= 14 && channel + upper_ >= 15);
  }
  uint8_t master(uint8_t member) const { return member <= lower_ ? 0 : 15; }
  /// Whether what is said on one channel holds for notes of another: a master speaks for its members.
  bool concerns(uint8_t said_on, uint8_t of) const { return said_on == of || (is_member(of) && master(of) == said_on); }

  bool pedal(uint8_t channel) const { return at(channel).pedal || (is_member(channel) && at(master(channel)).pedal); }
  /// Semitones: a member's own bend and that of its master.
  double bend(uint8_t channel, double range, double member_range) const {
    if (!is_member(channel)) return at(channel).bend * range;
    return at(channel).bend * member_range + at(master(channel)).bend * range;
  }

  /// Takes a controller in; true where a zone has changed.
  bool take_rpn(uint8_t channel, uint32_t controller, double value) {
    constexpr uint32_t kData = 6, kNrpnLow = 98, kNrpnHigh = 99, kRpnLow = 100, kRpnHigh = 101;
    constexpr uint8_t kZone = 6;
    Channel& on = at(channel);
    const auto number = static_cast<uint8_t>(std::nearbyint(value * 127));
    if (controller == kRpnLow) on.rpn_low = number;
    else if (controller == kRpnHigh) on.rpn_high = number;
    else if (controller == kNrpnLow || controller == kNrpnHigh) on.rpn_low = on.rpn_high = 127;
    if (controller != kData || on.rpn_high != 0 || on.rpn_low != kZone || (channel != 0 && channel != 15)) return false;
    const uint8_t members = number > 15 ? 15 : number;
    // The zone set last takes channels from the other.
    if (channel == 0) {
      lower_ = members;
      if (lower_ + upper_ > 14) upper_ = lower_ >= 14 ? 0 : static_cast<uint8_t>(14 - lower_);
    } else {
      upper_ = members;
      if (lower_ + upper_ > 14) lower_ = upper_ >= 14 ? 0 : static_cast<uint8_t>(14 - upper_);
    }
    return true;
  }

 private:
  std::array<Channel, 16> channels_;
  uint8_t lower_ = 0, upper_ = 0;  ///< member channels of each zone
};

}  // namespace sinter
