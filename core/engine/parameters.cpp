// Values live in chunks that never move, so that any thread may hold a handle while the control thread adds more.
#include "parameters.hpp"

#include <algorithm>
#include <cmath>

namespace sinter {

void ParameterStore::clear() {
  handles_.clear();
  for (const std::unique_ptr<Value[]>& chunk : chunks_)
    for (uint32_t i = 0; chunk && i < kChunk; ++i) chunk[i].touched.store(false, std::memory_order_relaxed);
}

uint32_t ParameterStore::find(std::string_view id) const {
  const auto found = handles_.find(id);
  return found == handles_.end() ? kNone : found->second;
}

uint32_t ParameterStore::add(const ParamSlot& slot) {
  uint32_t handle = find(slot.id);
  if (handle == kNone) {
    handle = size();
    if (handle >= kCapacity) return kNone;
    std::unique_ptr<Value[]>& chunk = chunks_[handle / kChunk];
    if (!chunk) chunk = std::make_unique<Value[]>(kChunk);
    published_[handle / kChunk].store(chunk.get(), std::memory_order_release);
    handles_.emplace(slot.id, handle);
  }
  Value& v = *value(handle);
  v.minimum.store(slot.minimum, std::memory_order_relaxed);
  v.maximum.store(slot.maximum, std::memory_order_relaxed);
  v.fallback.store(slot.initial, std::memory_order_relaxed);
  if (!v.touched.load(std::memory_order_relaxed)) v.target.store(slot.initial, std::memory_order_relaxed);
  return handle;
}

ParameterStore::Value* ParameterStore::value(uint32_t handle) const noexcept {
  if (handle >= kCapacity) return nullptr;
  Value* chunk = published_[handle / kChunk].load(std::memory_order_acquire);
  return chunk ? chunk + handle % kChunk : nullptr;
}

void ParameterStore::note(uint32_t handle, double plain) noexcept {
  Value* v = value(handle);
  if (!v) return;
  v->touched.store(true, std::memory_order_relaxed);
  v->target.store(std::isnan(plain) ? v->fallback.load(std::memory_order_relaxed) : plain, std::memory_order_relaxed);
}

void ParameterStore::set(uint32_t handle, double plain) noexcept {
  note(handle, plain);
  sets_.fetch_add(1, std::memory_order_release);
}

double ParameterStore::get(uint32_t handle) const noexcept {
  const Value* v = value(handle);
  if (!v) return 0;
  // An edit may have made the range narrower than a value that was set before.
  return std::min(std::max(v->target.load(std::memory_order_relaxed), v->minimum.load(std::memory_order_relaxed)),
                  v->maximum.load(std::memory_order_relaxed));
}

}  // namespace sinter
