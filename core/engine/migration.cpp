// Lists by key on the control thread; slices on the audio thread. Delay lines are rings at absolute frames, so their
// content goes from the oldest frame to the newest, however their lengths differ, and what the older program writes
// meanwhile is the next round's work.
#include "migration.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "instance.hpp"

namespace sinter {
namespace {

using ByKey = std::unordered_map<std::string_view, uint32_t>;

template <class Slots>
ByKey by_key(const Slots& slots) {
  ByKey found;
  for (uint32_t i = 0; i < slots.size(); ++i) found.emplace(slots[i].key, i);
  return found;
}

uint32_t find(const ByKey& keys, std::string_view key) {
  const auto found = keys.find(key);
  return found == keys.end() ? Migration::kNew : found->second;
}

// Copies of the scopes that a key lies in, the outermost first: path and how many of it side by side.
std::vector<std::pair<std::string_view, uint32_t>> scopes_of(const Layout& layout, std::string_view key) {
  std::vector<std::pair<std::string_view, uint32_t>> found;
  if (key.find('@') != key.npos) return found;  // nodes that link their channels: every copy has a key of its own
  uint32_t outer = 1;
  for (const ScopeSlot& scope : layout.scopes) {
    const bool inside = key.size() > scope.path.size() && key.starts_with(scope.path) && key[scope.path.size()] == '/';
    if (!inside || scope.copies <= outer) continue;
    found.emplace_back(scope.path, scope.copies / outer);
    outer = scope.copies;
  }
  return found;
}

void append(std::vector<LaneRun>& runs, LaneRun run) {
  if (!runs.empty()) {
    LaneRun& last = runs.back();
    if (last.from + last.count == run.from && last.to + last.count == run.to) {
      last.count += run.count;
      return;
    }
  }
  runs.push_back(run);
}

uint32_t channels_of(const std::vector<BusSlot>& buses) {
  return buses.empty() ? 0 : buses.back().first_channel + buses.back().channels;
}

// Which channels differ between two sets of outputs, by position: a host's channels keep their places.
std::vector<bool> changed_channels(const Layout& from, const Layout& to) {
  std::vector<bool> changed(std::max(channels_of(from.outputs), channels_of(to.outputs)), true);
  for (const BusSlot& bus : to.outputs)
    for (const BusSlot& before : from.outputs)
      if (before.first_channel == bus.first_channel && before.channels == bus.channels && before.cone == bus.cone &&
          bus.cone != 0)
        std::fill_n(changed.begin() + bus.first_channel, bus.channels, false);
  return changed;
}

// Shorter lines come out while the fade has hardly begun.
constexpr uint32_t kLeastBlendedFrames = 64;

template <class Real>
void blend_lane(const Real* from, uint32_t from_mask, Real* to, uint32_t to_mask, uint64_t begin, uint32_t clock,
                const float* gain, uint32_t frames) {
  for (uint32_t f = 0; f < frames * clock; ++f) {
    Real& sample = to[(begin + f) & to_mask];
    const Real before = from ? from[(begin + f) & from_mask] : Real{0};
    sample = before + (sample - before) * static_cast<Real>(gain[f / clock]);
  }
}

// What one block may copy while a program takes over: some tens of microseconds for 64 frames.
constexpr uint64_t kCopyBytesPerFrame = 4'096, kLeastCopyBytes = 64 << 10, kMostCopyBytes = 4 << 20;

bool same_shape(const LineSlot& a, const LineSlot& b) {
  return a.kind == b.kind && a.clock == b.clock && a.lanes == b.lanes && a.capacity == b.capacity;
}

}  // namespace

std::vector<LaneRun> lane_runs(const Layout& from, const Layout& to, std::string_view key, uint32_t from_lanes,
                               uint32_t to_lanes) {
  // Axes from the slowest to the fastest: channel, innermost copies … outermost copies.
  struct Axis {
    uint32_t from = 1, to = 1;
  };
  std::vector<Axis> axes(1);
  const auto before = scopes_of(from, key), after = scopes_of(to, key);
  for (const auto& [path, copies] : after) {
    const auto same = std::find_if(before.begin(), before.end(), [&](const auto& b) { return b.first == path; });
    axes.insert(axes.begin() + 1, {same == before.end() ? 1 : same->second, copies});
  }
  for (const auto& [path, copies] : before)
    if (std::none_of(after.begin(), after.end(), [&](const auto& a) { return a.first == path; }))
      axes.insert(axes.begin() + 1, {copies, 1});
  uint32_t inner_from = 1, inner_to = 1;
  for (size_t a = 1; a < axes.size(); ++a) inner_from *= axes[a].from, inner_to *= axes[a].to;
  axes[0] = {std::max(1u, from_lanes / inner_from), std::max(1u, to_lanes / inner_to)};

  std::vector<LaneRun> runs;
  std::vector<uint32_t> index(axes.size(), 0);
  for (;;) {
    uint32_t at_from = 0, at_to = 0;
    for (size_t a = 0; a < axes.size(); ++a) {
      at_from = at_from * axes[a].from + index[a];
      at_to = at_to * axes[a].to + index[a];
    }
    if (at_from < from_lanes && at_to < to_lanes) append(runs, {at_from, at_to, 1});
    size_t axis = axes.size();
    while (axis > 0 && ++index[axis - 1] >= std::min(axes[axis - 1].from, axes[axis - 1].to)) index[--axis] = 0;
    if (axis == 0) return runs;
  }
}

Migration::Migration(const Instance& older, const Program& newer, Purpose purpose)
    : canonical(older.layout().state_bytes) {
  const Layout &from = older.layout(), &to = newer.layout;
  fades = changed_channels(from, to);
  const bool snapshot = purpose == Purpose::snapshot;
  parallel = snapshot || std::find(fades.begin(), fades.end(), true) != fades.end();

  const ByKey old_states = by_key(from.states);
  for (const StateSlot& slot : to.states) {
    const uint32_t at = find(old_states, slot.key);
    if (at == kNew) continue;
    const StateSlot& before = from.states[at];
    if (before.kind != slot.kind || before.clock != slot.clock) continue;
    const uint32_t bytes = bytes_of(slot.kind);
    for (const LaneRun& run : lane_runs(from, to, slot.key, before.lanes, slot.lanes)) {
      const Bytes copy{before.offset + run.from * bytes, slot.offset + run.to * bytes, run.count * bytes};
      const bool joins = !states.empty() && states.back().from + states.back().count == copy.from &&
                         states.back().to + states.back().count == copy.to;
      if (joins) states.back().count += copy.count;
      else states.push_back(copy);
    }
  }

  const ByKey old_lines = by_key(from.lines);
  for (uint32_t l = 0; l < to.lines.size(); ++l) {
    const LineSlot& slot = to.lines[l];
    const uint32_t at = find(old_lines, slot.key);
    LineBlend blend{.to = l, .source = std::vector<uint32_t>(slot.lanes, kNew)};
    const bool blends_in =
        parallel && !snapshot && slot.kind != ElementKind::i32 && slot.max_delay >= kLeastBlendedFrames * slot.clock;
    if (at == kNew && blends_in) blends.push_back(blend);
    if (at == kNew || from.lines[at].kind != slot.kind || from.lines[at].clock != slot.clock) continue;
    const LineSlot& before = from.lines[at];
    // Two that push the same signal may even share one ring while both play.
    const bool same_signal = before.cone == slot.cone && slot.cone != 0 && !snapshot;
    const bool moves = same_shape(before, slot) && (!parallel || same_signal);
    if (moves) {
      moved_lines.push_back({at, l});
      continue;
    }
    lines.push_back({.from = at,
                     .to = l,
                     .history = std::min(before.max_delay, slot.max_delay),
                     .lanes = lane_runs(from, to, slot.key, before.lanes, slot.lanes)});
    for (const LaneRun& run : lines.back().lanes) lines.back().bytes_per_frame += run.count * bytes_of(slot.kind);
    written_per_frame_ += lines.back().bytes_per_frame * slot.clock;
    if (!blends_in || same_signal) continue;
    blend.from = at;
    for (const LaneRun& run : lines.back().lanes)
      for (uint32_t n = 0; n < run.count; ++n) blend.source[run.to + n] = run.from + n;
    blends.push_back(std::move(blend));
  }

  const ByKey old_tables = by_key(from.tables);
  for (uint32_t t = 0; t < to.tables.size(); ++t) {
    const TableSlot& slot = to.tables[t];
    const uint32_t at = slot.writable ? find(old_tables, slot.key) : kNew;
    if (at == kNew || !from.tables[at].writable || from.tables[at].size != slot.size) continue;
    tables.push_back({at, t, lane_runs(from, to, slot.key, from.tables[at].lanes, slot.lanes)});
  }

  const ByKey old_calls = by_key(from.calls);
  for (uint32_t c = 0; c < to.calls.size(); ++c) {
    const uint32_t at = find(old_calls, to.calls[c].key);
    if (at == kNew || from.calls[at].type->fingerprint() != to.calls[c].type->fingerprint()) continue;
    (parallel ? copied_calls : moved_calls).push_back({at, c});
  }

  std::unordered_map<std::string_view, uint32_t> old_params;
  for (uint32_t p = 0; p < from.params.size(); ++p) old_params.emplace(from.params[p].id, p);
  for (const ParamSlot& slot : to.params) params.push_back(find(old_params, slot.id));
  const ByKey old_voices = by_key(from.voices);
  for (const VoiceSlot& slot : to.voices) voices.push_back(find(old_voices, slot.key));

  std::unordered_map<uint64_t, std::pair<uint32_t, uint32_t>> old_ramps;  // cone → first lane, lanes
  uint32_t lane = 0;
  for (const RampSlot& ramp : from.ramps) {
    if (ramp.cone) old_ramps.emplace(ramp.cone, std::pair(lane, ramp.lanes));
    lane += ramp.lanes;
  }
  same_controls = from.params.size() == to.params.size() && from.ramps.size() == to.ramps.size() &&
                  std::find(params.begin(), params.end(), kNew) == params.end();
  for (const RampSlot& ramp : to.ramps) {
    const auto found = old_ramps.find(ramp.cone);
    const bool known = ramp.cone && found != old_ramps.end() && found->second.second == ramp.lanes;
    ramps.push_back(known ? found->second.first : kNew);
    same_controls &= known;
  }
}

Inherited Migration::inherited() const {
  Inherited all;
  const auto mark = [](std::vector<bool>& flags, uint32_t index) {
    if (flags.size() <= index) flags.resize(index + 1, false);
    flags[index] = true;
  };
  for (const Pair& line : moved_lines) mark(all.lines, line.to);
  for (const Pair& call : moved_calls) mark(all.calls, call.to);
  return all;
}

// -- Audio thread

// Copies frames of one line, at most about `bytes`, and returns how many bytes that were.
uint64_t Migration::copy_line(Instance& older, Instance& newer, LineCopy& line, uint64_t bytes) noexcept {
  const LineSlot &from = older.layout().lines[line.from], &to = newer.layout().lines[line.to];
  const uint64_t now = older.frame * from.clock;
  const uint64_t oldest = now > line.history ? now - line.history : 0;
  uint64_t at = std::max(line.copied_until, oldest);
  const uint64_t per_frame = std::max<uint64_t>(1, line.bytes_per_frame);
  const uint64_t end = std::min(now, at + std::max<uint64_t>(1, bytes / per_frame));
  const uint32_t element = bytes_of(from.kind);
  uint64_t copied = 0;
  while (at < end) {
    // Up to where one of the two rings begins anew.
    const uint64_t from_at = at & (from.capacity - 1), to_at = at & (to.capacity - 1);
    const uint64_t frames = std::min({end - at, from.capacity - from_at, to.capacity - to_at});
    for (const LaneRun& run : line.lanes)
      for (uint32_t l = 0; l < run.count; ++l)
        std::memcpy(
            newer.memory.ring_pointers[line.to] + (uint64_t{run.to + l} * to.stride() + to_at) * element,
            older.memory.ring_pointers[line.from] + (uint64_t{run.from + l} * from.stride() + from_at) * element,
            frames * element);
    copied += frames * per_frame;
    at += frames;
  }
  line.copied_until = std::max(line.copied_until, end);
  return copied;
}

uint64_t Migration::rest(const Instance& older) const noexcept {
  uint64_t bytes = 0;
  for (const LineCopy& line : lines) {
    const uint64_t now = older.frame * older.layout().lines[line.from].clock;
    bytes += std::min(now - std::min(now, line.copied_until), line.history) * line.bytes_per_frame;
  }
  return bytes;
}

// A patch that itself writes more than is copied here pays in proportion, or copying would never catch up.
uint64_t Migration::budget(uint32_t frames) const noexcept {
  const uint64_t usual = std::clamp(frames * kCopyBytesPerFrame, kLeastCopyBytes, kMostCopyBytes);
  return std::max(usual, 2 * frames * written_per_frame_);
}

bool Migration::copy(Instance& older, Instance& newer, uint32_t frames) noexcept {
  // What the older program writes while a round lasts is left to the next, which is shorter. Where it writes faster
  // than this copies, finish() copies what it wrote during one round.
  constexpr uint32_t kRounds = 4;
  uint64_t left = budget(frames);
  while (round_ < kRounds && rest(older) > left) {
    for (; next_line_ < lines.size(); ++next_line_) {
      if (!left) return false;
      LineCopy& line = lines[next_line_];
      const uint64_t now = older.frame * older.layout().lines[line.from].clock;
      left -= std::min(left, copy_line(older, newer, line, left));
      if (line.copied_until < now) return false;
    }
    next_line_ = 0;
    ++round_;
  }
  for (; next_call_ < copied_calls.size(); ++next_call_, call_begun_ = false) {
    const Pair& call = copied_calls[next_call_];
    External& to = *newer.memory.external_pointers[call.to];
    const bool first = !call_begun_;
    call_begun_ = true;
    if (!to.take_over(*older.memory.external_pointers[call.from], left, first)) return false;
  }
  return true;
}

void Migration::finish(Instance& older, Instance& newer) noexcept {
  for (LineCopy& line : lines) copy_line(older, newer, line, UINT64_MAX / 2);
  for (const Bytes& run : states)
    std::memcpy(newer.memory.state.data() + run.to, canonical.data() + run.from, run.count);
  for (const Pair& line : moved_lines) {
    newer.memory.rings[line.to].swap(older.memory.rings[line.from]);
    newer.memory.ring_pointers[line.to] = newer.memory.rings[line.to].data();
  }
  for (const TableCopy& table : tables) {
    const uint32_t size = newer.layout().tables[table.to].size;
    for (const LaneRun& run : table.lanes)
      std::memcpy(newer.memory.table_pointers[table.to] + size_t{run.to} * size,
                  older.memory.table_pointers[table.from] + size_t{run.from} * size,
                  size_t{run.count} * size * sizeof(float));
  }
  for (const Pair& call : copied_calls)
    newer.memory.external_pointers[call.to]->take_over(*older.memory.external_pointers[call.from], UINT64_MAX, false);
  for (const Pair& call : moved_calls) {
    newer.memory.externals[call.to].swap(older.memory.externals[call.from]);
    newer.memory.external_pointers[call.to] = newer.memory.externals[call.to].get();
  }
}

void Migration::blend(const Instance& older, Instance& newer, const float* gain, uint32_t frames) const noexcept {
  for (const LineBlend& line : blends) {
    const LineSlot& to = newer.layout().lines[line.to];
    const LineSlot& from = line.from == kNew ? to : older.layout().lines[line.from];
    const uint64_t begin = (newer.frame - frames) * to.clock;
    const auto lanes = [&]<class Real>(Real) {
      for (uint32_t l = 0; l < to.lanes; ++l) {
        const Real* before = line.source[l] == kNew
                                 ? nullptr
                                 : reinterpret_cast<const Real*>(older.memory.ring_pointers[line.from]) +
                                       uint64_t{line.source[l]} * from.stride();
        Real* after = reinterpret_cast<Real*>(newer.memory.ring_pointers[line.to]) + uint64_t{l} * to.stride();
        blend_lane(before, from.capacity - 1, after, to.capacity - 1, begin, to.clock, gain, frames);
      }
    };
    if (to.kind == ElementKind::f64) lanes(double{});
    else lanes(float{});
  }
}

}  // namespace sinter
