// The hand-over of programs: made on the control thread, taken by the audio thread between two blocks, faded, and
// handed back to be freed. Instances go through atomic pointers, one owner at a time.
#include "sinter/engine/engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <utility>

#include "guard.hpp"
#include "image.hpp"
#include "migration.hpp"
#include "sinter/base/fp_mode.hpp"

namespace sinter {
namespace {

// What one block may copy while a program takes over: some tens of microseconds for 64 frames.
constexpr uint64_t kCopyBytesPerFrame = 4'096, kLeastCopyBytes = 64 << 10, kMostCopyBytes = 4 << 20;

uint64_t copy_budget(uint32_t frames) {
  return std::clamp(frames * kCopyBytesPerFrame, kLeastCopyBytes, kMostCopyBytes);
}

constexpr uint32_t kBlendFrames = 16;

constexpr uint64_t kMaxAlive = 3;  // programs: one sounds, one fades out, one waits

/// A copy of the program that sounds, filled in slices and then read by the control thread.
struct Capture {
  std::unique_ptr<Instance> instance;
  uint64_t of = 0;  ///< number of the instance that is copied
  bool complete = false;
};

}  // namespace

struct Engine::Impl {
  explicit Impl(EngineCounters& c) : counters(c) {}
  ~Impl() { free_all(); }

  // Audio thread
  void advance(uint32_t frames) noexcept;
  void advance_capture(uint32_t frames) noexcept;
  void take(Instance& next) noexcept;
  void retire(Instance* instance) noexcept;
  void swap_done() noexcept;
  void end_fade() noexcept;
  void play(const HostBlock& block) noexcept;
  void fade(const HostBlock& block) noexcept;

  // Control thread
  void free_all();
  bool free_retired();
  bool declare(const Program& program);
  std::unique_ptr<Instance> make(const std::shared_ptr<const Program>& program, const SwapOptions& options);

  EngineCounters& counters;
  ParameterStore parameters;

  // Owned by the audio thread, or by the control thread while it does not run
  Instance* current = nullptr;
  Instance* arriving = nullptr;  ///< taken, being filled
  Instance* fading = nullptr;    ///< plays its last frames
  uint32_t fade_done = 0, fade_frames = 0;
  std::atomic<uint64_t> frame{0};
  OutputGuard guard;
  Capture* capturing = nullptr;
  uint64_t first = 0;  ///< number of the instance of prepare(); changes only there

  // Between the two
  std::atomic<Instance*> incoming{nullptr};
  std::atomic<Instance*> retired[4]{};
  std::atomic<Capture*> capture_wanted{nullptr}, capture_done{nullptr};

  // Owned by the control thread
  Instance* newest = nullptr;  ///< handed over last, taken or not; owned by whichever pointer above has it
  uint64_t made = 0;           ///< instances so far: their numbers
  uint64_t freed = 0;
  bool capture_asked = false;
};

void Engine::Impl::free_all() {
  for (Instance** owner : {&current, &arriving, &fading}) delete std::exchange(*owner, nullptr);
  delete incoming.exchange(nullptr);
  for (std::atomic<Instance*>& slot : retired) delete slot.exchange(nullptr);
  delete std::exchange(capturing, nullptr);
  delete capture_wanted.exchange(nullptr);
  delete capture_done.exchange(nullptr);
  newest = nullptr;
  capture_asked = false;
}

// -- Audio thread

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
  if (parallel && fade_frames) {
    fading = current;
    fade_done = 0;
  } else {
    retire(current);
  }
  current = &next;
  counters.swaps_begun.store(next.number - first, std::memory_order_release);
  if (!fading) swap_done();
}

// At a block's start: takes what the control thread has handed over, and goes on filling it.
void Engine::Impl::advance(uint32_t frames) noexcept {
  if (!arriving && !fading && incoming.load(std::memory_order_relaxed))
    arriving = incoming.exchange(nullptr, std::memory_order_acq_rel);
  if (arriving && (!arriving->arrival || arriving->arrival->copy(*current, *arriving, copy_budget(frames)))) {
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
    if (!capturing->instance->arrival->copy(*current, *capturing->instance, copy_budget(frames))) return;
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
  });
  impl.guard.prepare(impl.current->layout().sample_rate);
  impl.frame.store(0, std::memory_order_relaxed);
}

// -- Any thread

void Engine::set_parameter(uint32_t handle, double plain_value) noexcept { impl_->parameters.set(handle, plain_value); }
double Engine::parameter(uint32_t handle) const noexcept { return impl_->parameters.get(handle); }
uint64_t Engine::frame() const noexcept { return impl_->frame.load(std::memory_order_relaxed); }

// -- Control thread

void EngineCounters::clear() {
  for (std::atomic<uint64_t>* counter : {&control_ops, &cells, &scrubbed_states, &scrubbed_at, &moved_events,
                                         &stolen_voices, &guard_mutes, &swaps_begun, &swaps_done})
    counter->store(0, std::memory_order_relaxed);
}

Engine::Engine() : impl_(std::make_unique<Impl>(counters_)) {}
Engine::~Engine() = default;

void Engine::prepare(std::shared_ptr<const Program> program) {
  Impl& impl = *impl_;
  impl.free_all();
  impl.parameters.clear();
  latest_ = nullptr;
  counters_.clear();
  guard_muted_ = false;
  impl.declare(*program);
  impl.current = impl.newest = new Instance(program, impl.parameters, counters_);
  impl.current->number = impl.first = ++impl.made;
  impl.freed = impl.made - 1;
  impl.frame = 0;
  impl.guard.prepare(program->layout.sample_rate);
  latest_ = std::move(program);
}

// Ranges and defaults of parameters are from now on those of this program; false where there are too many.
bool Engine::Impl::declare(const Program& program) {
  for (const ParamSlot& slot : program.layout.params)
    if (slot.role == ControlRole::parameter && parameters.add(slot) == ParameterStore::kNone) return false;
  return true;
}

bool Engine::Impl::free_retired() {
  for (std::atomic<Instance*>& slot : retired)
    if (Instance* done = slot.exchange(nullptr, std::memory_order_acq_rel)) {
      delete done;
      ++freed;
    }
  return made - freed > 1;
}

bool Engine::collect() { return impl_->free_retired(); }

std::unique_ptr<Instance> Engine::Impl::make(const std::shared_ptr<const Program>& program,
                                             const SwapOptions& options) {
  std::unique_ptr<Migration> move;
  if (!options.restore) move = std::make_unique<Migration>(*newest, *program, Migration::Purpose::succession);
  auto instance = std::make_unique<Instance>(program, parameters, counters, move ? move->inherited() : Inherited{});
  if (options.restore) put(*options.restore, *instance);
  instance->arrival = std::move(move);
  const double frames = std::clamp(options.fade_seconds, 0.0, 10.0) * program->layout.sample_rate;
  instance->fade_frames = static_cast<uint32_t>(std::nearbyint(frames));
  return instance;
}

Result<uint64_t> Engine::swap(std::shared_ptr<const Program> next, const SwapOptions& options) {
  Impl& impl = *impl_;
  if (!impl.newest || impl.newest->layout().sample_rate != next->layout.sample_rate)
    return Error{Errc::rate_mismatch, {}, "the next program is made for another sample rate; prepare() it"};
  impl.free_retired();
  if (!impl.declare(*next))
    return Error{Errc::limit_ports, {}, "too many parameters were ever named in one session; open a new one"};
  // What was not taken yet makes room: what plays is its predecessor.
  std::unique_ptr<Instance> waiting(impl.incoming.exchange(nullptr, std::memory_order_acq_rel));
  Instance* const taken = waiting ? waiting->predecessor : impl.newest;
  impl.newest = taken;
  const bool crowded = impl.made - impl.freed >= kMaxAlive;
  if (waiting && crowded) {
    waiting.reset();
    ++impl.freed;
  }
  std::unique_ptr<Instance> made;
  try {
    made = impl.make(next, options);
  } catch (...) {
    if (waiting) {
      impl.newest = waiting.get();
      impl.incoming.store(waiting.release(), std::memory_order_release);
    }
    latest_ = impl.newest->shared_program();
    impl.declare(*latest_);
    throw;
  }
  if (waiting) ++impl.freed;
  made->number = ++impl.made;
  made->predecessor = taken;
  impl.newest = made.get();
  latest_ = std::move(next);
  const uint64_t number = made->number - impl.first;
  impl.incoming.store(made.release(), std::memory_order_release);
  return number;
}

uint32_t Engine::parameter_handle(std::string_view id) const {
  if (!latest_) return kNoParameter;
  const auto& params = latest_->layout.params;
  const bool known = std::any_of(params.begin(), params.end(), [&](const ParamSlot& slot) {
    return slot.role == ControlRole::parameter && slot.id == id;
  });
  return known ? impl_->parameters.find(id) : kNoParameter;
}

bool Engine::request_capture() {
  Impl& impl = *impl_;
  if (!impl.newest || impl.capture_asked) return false;
  auto capture = std::make_unique<Capture>();
  capture->of = impl.newest->number;
  auto move = std::make_unique<Migration>(*impl.newest, impl.newest->program(), Migration::Purpose::snapshot);
  capture->instance = std::make_unique<Instance>(impl.newest->shared_program(), impl.parameters, counters_);
  capture->instance->arrival = std::move(move);
  impl.capture_wanted.store(capture.release(), std::memory_order_release);
  impl.capture_asked = true;
  return true;
}

bool Engine::take_capture(StateImage& image) {
  Impl& impl = *impl_;
  const std::unique_ptr<Capture> done(impl.capture_done.exchange(nullptr, std::memory_order_acq_rel));
  if (!done) return false;
  impl.capture_asked = false;
  if (done->complete) image = gather(*done->instance);
  else request_capture();  // another program has taken over meanwhile
  return done->complete;
}

std::string Engine::last_scrubbed() const {
  const uint64_t at = counters_.scrubbed_at.load(std::memory_order_relaxed);
  const Instance* instance = impl_->newest;
  if (!instance || !at) return {};
  // What has not begun to sound yet has its predecessor alive.
  if (counters_.swaps_begun.load(std::memory_order_acquire) < instance->number - impl_->first)
    instance = instance->predecessor;
  return instance->number == at >> 32 ? instance->state_key(static_cast<uint32_t>(at)) : std::string();
}

Engine::Level Engine::read_probe(uint32_t probe, uint32_t lane) const noexcept {
  return impl_->newest ? impl_->newest->read_probe(probe, lane) : Level{};
}

}  // namespace sinter
