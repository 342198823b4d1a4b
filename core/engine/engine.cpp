// The audio thread: takes programs over between two blocks, fades them, and hands them back to be freed.
#include "sinter/engine/engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <utility>

#include "engine_impl.hpp"
#include "sinter/base/fp_mode.hpp"

namespace sinter {
namespace {

constexpr uint32_t kBlendFrames = 16;

}  // namespace

// There are as many slots as programs may be alive, so one is free.
void Engine::Impl::retire(Instance* instance) noexcept {
  for (std::atomic<Instance*>& slot : retired) {
    if (slot.load(std::memory_order_relaxed)) continue;
    slot.store(instance, std::memory_order_release);
    return;
  }
}

void Engine::Impl::swap_done() noexcept {
  counters.swaps_done.store(current->number - first, std::memory_order_release);
}

void Engine::Impl::end_fade() noexcept {
  retire(fading);
  fading = nullptr;
  swap_done();
}

void Engine::Impl::take(Instance& next) noexcept {
  Migration* move = next.arrival.get();
  const bool parallel = !move || move->parallel;
  fade_frames = next.fade_frames;
  if (move) next.take_over(*current, *move);
  else next.begin_restored(*current);
  Instance* const older = std::exchange(current, &next);
  // Before the older one may be freed: it is how the control thread tells which one is alive.
  counters.swaps_begun.store(next.number - first, std::memory_order_release);
  if (parallel && fade_frames) {
    fading = older;
    fade_done = 0;
  } else {
    retire(older);
    swap_done();
  }
}

// At a block's start: takes what the control thread has handed over, and goes on filling it.
void Engine::Impl::advance(uint32_t frames) noexcept {
  if (!arriving && !fading && incoming.load(std::memory_order_relaxed))
    arriving = incoming.exchange(nullptr, std::memory_order_acq_rel);
  if (arriving && (!arriving->arrival || arriving->arrival->copy(*current, *arriving, frames))) {
    Instance* const next = arriving;
    arriving = nullptr;
    take(*next);
  } else if (!arriving) {
    advance_capture(frames);
  }
}

void Engine::Impl::advance_capture(uint32_t frames) noexcept {
  if (!capturing) {
    if (!capture_wanted.load(std::memory_order_relaxed)) return;
    capturing = capture_wanted.exchange(nullptr, std::memory_order_acq_rel);
    if (!capturing) return;
  }
  const bool stale = capturing->of != current->number;
  if (!stale) {
    if (!capturing->instance->arrival->copy(*current, *capturing->instance, frames)) return;
    capturing->instance->take_snapshot(*current);
    capturing->complete = true;
  }
  capture_done.store(capturing, std::memory_order_release);
  capturing = nullptr;
}

// Old and new side by side in chunks that no shared delay line wraps around in; equal-gain raised cosine.
void Engine::Impl::fade(const HostBlock& block) noexcept {
  HostBlock old = block;
  old.outputs = {fading->fade_pointers.data(), fading->fade_pointers.size()};
  old.first_output = 0;
  fading->process(old);
  current->process(block);
  const Migration* move = current->arrival.get();
  float gain[kCellFrames];
  for (uint32_t f = 0; f < block.frames; ++f)
    gain[f] = static_cast<float>(0.5 - 0.5 * std::cos(std::numbers::pi * (fade_done + f + 1) / (fade_frames + 1)));
  if (move) move->blend(*fading, *current, gain, block.frames);
  for (uint32_t c = 0; c < block.outputs.size(); ++c) {
    float* out = block.outputs[c];
    if (!out || (move && c < move->fades.size() && !move->fades[c])) continue;
    out += block.first;
    if (c >= current->layout().output_channels) std::memset(out, 0, block.frames * sizeof(float));
    const float* before = c < fading->layout().output_channels ? fading->fade_rows.data() + c * kCellFrames : nullptr;
    for (uint32_t f = 0; f < block.frames; ++f) {
      const float from = before ? before[f] : 0;
      out[f] = from + (out[f] - from) * gain[f];
    }
  }
  fade_done += block.frames;
}

void Engine::Impl::play(const HostBlock& block) noexcept {
  uint32_t done = 0;
  if (fading && !block.frames) {  // its events are for both
    HostBlock old = block;
    old.outputs = {};
    fading->process(old);
  }
  // What is pushed into delay lines is faded chunk by chunk, before a tap may read it.
  const bool blends = fading && current->arrival && !current->arrival->blends.empty();
  const uint32_t chunk = blends ? kBlendFrames : kCellFrames;
  while (fading && done < block.frames) {
    HostBlock part = block;
    part.first = part.first_output = done;
    part.frames = std::min({block.frames - done, chunk, fade_frames - fade_done});
    part.last = done + part.frames == block.frames;
    fade(part);
    done += part.frames;
    if (fade_done < fade_frames) continue;
    end_fade();
  }
  if (done == block.frames && done) return;
  if (done) {
    HostBlock rest = block;
    rest.first = rest.first_output = done;
    rest.frames -= done;
    current->process(rest);
  } else {
    current->process(block);
  }
  for (uint32_t c = current->layout().output_channels; c < block.outputs.size(); ++c)
    if (block.outputs[c]) std::memset(block.outputs[c] + done, 0, (block.frames - done) * sizeof(float));
}

void Engine::process(std::span<const float* const> inputs, std::span<float* const> outputs, uint32_t frames,
                     std::span<const Event> events) noexcept {
  Impl& impl = *impl_;
  if (!impl.current) {
    for (float* row : outputs)
      if (row) std::memset(row, 0, frames * sizeof(float));
    return;
  }
  with_audio_fp([&] {
    impl.advance(frames);
    impl.play({.inputs = inputs, .outputs = outputs, .events = events, .frames = frames});
    const bool guarded = guard_on_.load(std::memory_order_relaxed);
    if (guarded) {
      impl.guard.process(outputs, frames);
      counters_.guard_mutes.store(impl.guard.mutes(), std::memory_order_relaxed);
    }
    guard_muted_.store(guarded && impl.guard.muted(), std::memory_order_relaxed);
  });
  impl.frame.store(impl.current->frame, std::memory_order_relaxed);
}

void Engine::set_transport(const Transport& transport) noexcept {
  if (impl_->current) impl_->current->set_transport(transport);
  if (impl_->fading) impl_->fading->set_transport(transport);
}

void Engine::reset() noexcept {
  Impl& impl = *impl_;
  if (!impl.current) return;
  with_audio_fp([&] {
    if (impl.fading) impl.end_fade();
    // One that is being filled has what it was to take over in two places; reset as the current one it has it in one.
    if (Instance* const next = std::exchange(impl.arriving, nullptr)) impl.take(*next);
    if (impl.fading) impl.end_fade();
    impl.current->reset();
    if (impl.capturing) impl.capturing->of = 0;  // what it has copied is of another time: it is asked for anew
  });
  impl.guard.reset();
  impl.frame.store(0, std::memory_order_relaxed);
}

void Engine::set_parameter(uint32_t handle, double plain_value) noexcept { impl_->parameters.set(handle, plain_value); }
double Engine::parameter(uint32_t handle) const noexcept { return impl_->parameters.get(handle); }
uint64_t Engine::frame() const noexcept { return impl_->frame.load(std::memory_order_relaxed); }

}  // namespace sinter
