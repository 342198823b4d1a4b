// Private to the engine: how one program takes over what another remembers. The lists are made on the control thread;
// the audio thread copies in bounded slices while the older program plays on, and finishes in one block.
#pragma once

#include <cstdint>
#include <vector>

#include "memory.hpp"

namespace sinter {

class Instance;

/// A run of lanes that go from one layout to another.
struct LaneRun {
  uint32_t from = 0, to = 0, count = 0;
};
/// Which lanes of a key stay: channels, copies and voices are matched by their own index, each within its scope.
std::vector<LaneRun> lane_runs(const Layout& from, const Layout& to, std::string_view key, uint32_t from_lanes,
                               uint32_t to_lanes);

struct Migration {
  static constexpr uint32_t kNew = UINT32_MAX;

  struct Bytes {
    uint32_t from = 0, to = 0, count = 0;
  };
  /// A delay line whose content is copied: the newest `history` local frames of each lane run.
  struct LineCopy {
    uint32_t from = 0, to = 0;
    uint64_t history = 0;
    std::vector<LaneRun> lanes;
    uint64_t bytes_per_frame = 0;  ///< of all lanes
    uint64_t copied_until = 0;     ///< absolute local frame; 0: nothing yet
  };
  /// A delay line that is fed another signal than before: what is pushed while the outputs fade is faded as well, or
  /// the step would be heard when it comes out.
  struct LineBlend {
    uint32_t from = kNew, to = 0;
    std::vector<uint32_t> source;  ///< per lane of `to`: the older one's, or kNew
  };
  struct Pair {
    uint32_t from = 0, to = 0;
  };
  struct TableCopy {
    uint32_t from = 0, to = 0;
    std::vector<LaneRun> lanes;
  };

  enum class Purpose : uint8_t {
    succession,  ///< the newer one plays on; what the older one does not need any more changes owner
    snapshot,    ///< everything is copied
  };
  /// Plans it. Throws std::bad_alloc.
  Migration(const Instance& older, const Program& newer, Purpose purpose);
  /// What the newer one needs no memory for.
  Inherited inherited() const;

  /// Copies some of what is to be copied, as much as a block of so many frames may take; true once finish() has only a
  /// bounded rest to do.
  bool copy(Instance& older, Instance& newer, uint32_t frames) noexcept;
  /// The rest, and what changes owner. Both are at the same frame; states come from `canonical`.
  void finish(Instance& older, Instance& newer) noexcept;

  /// After both have played the same `frames` up to their frame now: fades what the newer one pushed, `gain` per frame.
  void blend(const Instance& older, Instance& newer, const float* gain, uint32_t frames) const noexcept;

  AlignedBytes canonical;  ///< the older one's states in canonical form, for finish()
  std::vector<Bytes> states;
  std::vector<LineBlend> blends;
  std::vector<LineCopy> lines;
  std::vector<Pair> moved_lines;
  std::vector<TableCopy> tables;
  std::vector<Pair> copied_calls, moved_calls;
  std::vector<uint32_t> params, voices;  ///< per slot of the newer layout: the older one's, or kNew
  std::vector<uint32_t> ramps;  ///< per RampSlot of the newer layout: first ramp lane of the older one, or kNew
  std::vector<bool> fades;      ///< per channel of both outputs: is heard differently
  bool parallel = false;        ///< the older one plays on while it fades out
  bool same_controls = false;   ///< every control goes on as it was

 private:
  uint64_t budget(uint32_t frames) const noexcept;
  uint64_t rest(const Instance& older) const noexcept;
  uint64_t copy_line(Instance& older, Instance& newer, LineCopy& line, uint64_t bytes) noexcept;

  uint64_t written_per_frame_ = 0;  // bytes that the older program pushes into the lines to be copied
  size_t next_line_ = 0, next_call_ = 0;
  uint32_t round_ = 0;
  bool call_begun_ = false;
};

}  // namespace sinter
