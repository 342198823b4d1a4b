// Delay lines are told oldest sample first, because rings of two programs may differ in length.
#include "image.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <unordered_map>

namespace sinter {
namespace {

// Where local frame `at` of a lane lies.
uint8_t* ring_at(const Instance& instance, uint32_t line, uint32_t lane, uint64_t at) {
  const LineSlot& slot = instance.layout().lines[line];
  return instance.memory.ring_pointers[line] +
         (uint64_t{lane} * slot.stride() + (at & (slot.capacity - 1))) * bytes_of(slot.kind);
}

// An image may come from anywhere; what an engine remembers is finite.
template <class Real>
void clean(uint8_t* at, uint64_t bytes) {
  for (const uint8_t* const end = at + bytes; at < end; at += sizeof(Real)) {
    Real value;
    std::memcpy(&value, at, sizeof value);
    if (!std::isfinite(value)) std::memset(at, 0, sizeof value);
  }
}

void put_elements(uint8_t* to, const uint8_t* from, uint64_t bytes, ElementKind kind) {
  std::memcpy(to, from, bytes);
  if (kind == ElementKind::f32) clean<float>(to, bytes);
  else if (kind == ElementKind::f64) clean<double>(to, bytes);
}

// The entries of one list of an image by key.
template <class Entry>
class Lookup {
 public:
  explicit Lookup(const std::vector<Entry>& list) {
    for (const Entry& entry : list) by_key_.emplace(entry.key, &entry);
  }
  const Entry* operator[](std::string_view key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<std::string_view, const Entry*> by_key_;
};

void put_line(const StateImage::Line& line, Instance& instance, uint32_t index) {
  const LineSlot& slot = instance.layout().lines[index];
  const uint32_t bytes = bytes_of(slot.kind);
  if (line.kind != slot.kind || line.clock != slot.clock) return;
  if (line.data.size() != uint64_t{line.lanes} * line.frames * bytes) return;
  const uint64_t end = instance.frame * slot.clock;
  const auto frames = static_cast<uint32_t>(std::min<uint64_t>({line.frames, slot.max_delay, end}));
  for (uint32_t l = 0; l < std::min(line.lanes, slot.lanes); ++l) {
    const uint8_t* newest = line.data.data() + uint64_t{l + 1} * line.frames * bytes;
    for (uint32_t back = 1; back <= frames; ++back)
      put_elements(ring_at(instance, index, l, end - back), newest - uint64_t{back} * bytes, bytes, slot.kind);
  }
}

}  // namespace

StateImage gather(const Instance& instance) {
  const Layout& layout = instance.layout();
  StateImage image;
  image.sample_rate = layout.sample_rate;
  image.frame = instance.frame;
  for (const StateSlot& slot : layout.states) {
    const uint8_t* data = instance.memory.state.data() + slot.offset;
    image.states.push_back(
        {slot.key, slot.kind, slot.clock, slot.lanes, 1, {data, data + uint64_t{slot.lanes} * bytes_of(slot.kind)}});
  }
  for (uint32_t t = 0; t < layout.tables.size(); ++t) {
    const TableSlot& slot = layout.tables[t];
    if (!slot.writable) continue;
    const uint8_t* data = reinterpret_cast<const uint8_t*>(instance.memory.table_pointers[t]);
    const uint64_t bytes = uint64_t{slot.lanes} * slot.size * sizeof(float);
    image.tables.push_back({slot.key, ElementKind::f32, 1, slot.lanes, slot.size, {data, data + bytes}});
  }
  for (uint32_t i = 0; i < layout.lines.size(); ++i) {
    const LineSlot& slot = layout.lines[i];
    const uint64_t end = instance.frame * slot.clock;
    StateImage::Line line{slot.key, slot.kind, slot.clock, slot.lanes, 0, {}};
    line.frames = static_cast<uint32_t>(std::min<uint64_t>(slot.max_delay, end));
    const uint32_t bytes = bytes_of(slot.kind);
    line.data.resize(uint64_t{slot.lanes} * line.frames * bytes);
    for (uint32_t l = 0; l < slot.lanes; ++l)
      for (uint32_t f = 0; f < line.frames; ++f)
        std::memcpy(line.data.data() + (uint64_t{l} * line.frames + f) * bytes,
                    ring_at(instance, i, l, end - line.frames + f), bytes);
    image.lines.push_back(std::move(line));
  }
  for (uint32_t c = 0; c < layout.calls.size(); ++c)
    image.externals.push_back(
        {layout.calls[c].key, layout.calls[c].type->fingerprint(), instance.memory.external_pointers[c]->save()});
  return image;
}

void put(const StateImage& image, Instance& instance) {
  const Layout& layout = instance.layout();
  instance.frame = image.frame;
  const Lookup states(image.states), tables(image.tables);
  const Lookup lines(image.lines);
  const Lookup externals(image.externals);
  for (const StateSlot& slot : layout.states) {
    const StateImage::Cells* cells = states[slot.key];
    const uint64_t bytes = bytes_of(slot.kind);
    if (!cells || cells->kind != slot.kind || cells->clock != slot.clock || cells->data.size() != cells->lanes * bytes)
      continue;
    put_elements(instance.memory.state.data() + slot.offset, cells->data.data(),
                 std::min(cells->lanes, slot.lanes) * bytes, slot.kind);
  }
  for (uint32_t t = 0; t < layout.tables.size(); ++t) {
    const TableSlot& slot = layout.tables[t];
    const StateImage::Cells* cells = slot.writable ? tables[slot.key] : nullptr;
    const uint64_t lane_bytes = uint64_t{slot.size} * sizeof(float);
    if (!cells || cells->size != slot.size || cells->data.size() != cells->lanes * lane_bytes) continue;
    put_elements(reinterpret_cast<uint8_t*>(instance.memory.table_pointers[t]), cells->data.data(),
                 std::min(cells->lanes, slot.lanes) * lane_bytes, ElementKind::f32);
  }
  for (uint32_t i = 0; i < layout.lines.size(); ++i)
    if (const StateImage::Line* line = lines[layout.lines[i].key]) put_line(*line, instance, i);
  for (uint32_t c = 0; c < layout.calls.size(); ++c) {
    const StateImage::External* external = externals[layout.calls[c].key];
    if (external && external->fingerprint == layout.calls[c].type->fingerprint() &&
        !instance.memory.external_pointers[c]->restore(external->data))
      instance.memory.external_pointers[c]->reset();
  }
}

}  // namespace sinter
