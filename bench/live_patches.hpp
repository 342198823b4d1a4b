// The patches of the live measurements, each with edits as a person makes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sinter/graph/graph.hpp"

namespace sinter::measuring {

/// 200 nodes of all kinds in 25 strips, five after each other in five rows: oscillators, expressions, filters, delays
/// in feedback loops, envelopes. Every edit() changes one thing.
class EditedPatch {
 public:
  EditedPatch();
  /// Turns a gain or a cutoff, puts a node in or takes it out again, or moves a connection; somewhere else every time.
  void edit();
  void set_gain(uint32_t strip, double gain) { strips_[strip].gain = gain; }
  void set_cutoff(uint32_t strip, double cutoff_hz) { strips_[strip].cutoff_hz = cutoff_hz; }
  Graph graph() const;

  static constexpr uint32_t kStrips = 25;

 private:
  struct Strip {
    double gain = 0.5, cutoff_hz = 1'000;
    bool has_extra = false, from_filter = false;
  };
  void add_strip(Graph& graph, uint32_t index) const;

  std::vector<Strip> strips_;
  uint32_t edits_ = 0;
};

/// A patch and what two edits make of it.
struct LivePatch {
  std::string name;
  Graph before;
  Graph downstream;         ///< changed after everything that remembers: delay lines change owner
  Graph upstream;           ///< changed before it: delay lines are copied
  double fill_seconds = 0;  ///< until its delay lines are full
};

LivePatch tiny_patch();
LivePatch nodes_patch();
/// 24 delay lines of this length, in 12 stereo delays; 30 s are 201 MB.
LivePatch lines_patch(double seconds);
/// 2,048 band-passes of two states each, in 32 banks of 64.
LivePatch banks_patch();

}  // namespace sinter::measuring
