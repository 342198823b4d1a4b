// The control thread: makes the next program's instance, hands it over, frees what came back, and asks for captures.
#include <algorithm>
#include <cmath>
#include <utility>

#include "engine_impl.hpp"
#include "image.hpp"
#include "sinter/base/fp_mode.hpp"

namespace sinter {

void EngineCounters::clear() {
  for (std::atomic<uint64_t>* counter : {&control_ops, &cells, &scrubbed_states, &scrubbed_at, &moved_events,
                                         &stolen_voices, &guard_mutes, &swaps_begun, &swaps_done})
    counter->store(0, std::memory_order_relaxed);
}

Engine::Engine() : impl_(std::make_unique<Impl>(counters_)) {}
Engine::~Engine() = default;

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

void Engine::prepare(std::shared_ptr<const Program> program) {
  Impl& impl = *impl_;
  impl.free_all();
  impl.parameters.clear();
  latest_ = nullptr;
  counters_.clear();
  guard_muted_ = false;
  impl.declare(*program);
  impl.current = impl.newest = new Instance(program, impl.parameters, counters_);
  with_audio_fp([&] { impl.current->begin_initial(); });
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

// What is to sound next has its predecessor alive as long as it waits. Only to be read: the audio thread may go on to
// the next one at any time.
const Instance* Engine::Impl::sounding() const {
  const bool waits = newest && counters.swaps_begun.load(std::memory_order_acquire) < newest->number - first;
  return waits ? newest->predecessor : newest;
}

bool Engine::collect() { return impl_->free_retired(); }

std::unique_ptr<Instance> Engine::Impl::make(const std::shared_ptr<const Program>& program,
                                             const SwapOptions& options) {
  std::unique_ptr<Migration> move;
  if (!options.restore) move = std::make_unique<Migration>(*newest, *program, Migration::Purpose::succession);
  auto instance = std::make_unique<Instance>(program, parameters, counters, move ? move->inherited() : Inherited{});
  if (options.restore) put(*options.restore, *instance);
  else
    for (const Migration::Pair& call : move->moved_calls) instance->recordings[call.to] = newest->recordings[call.from];
  instance->arrival = std::move(move);
  const double seconds = options.fade_seconds > 0 ? std::min(options.fade_seconds, 10.0) : 0;  // not a number: 0
  const double frames = seconds * program->layout.sample_rate;
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
  const Instance* const of = impl.sounding();
  if (!of || impl.capture_asked) return false;
  auto capture = std::make_unique<Capture>();
  capture->of = of->number;
  auto move = std::make_unique<Migration>(*of, of->program(), Migration::Purpose::snapshot);
  capture->instance = std::make_unique<Instance>(of->shared_program(), impl.parameters, counters_);
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
  const Instance* const instance = impl_->sounding();
  if (!instance || !at) return {};
  return instance->number == at >> 32 ? instance->state_key(static_cast<uint32_t>(at)) : std::string();
}

Engine::Level Engine::read_probe(uint32_t probe, uint32_t lane) const noexcept {
  return impl_->newest ? impl_->newest->read_probe(probe, lane) : Level{};
}

std::shared_ptr<const Recording> Engine::recording(uint32_t call) const {
  const Instance* const newest = impl_->newest;
  return newest && call < newest->recordings.size() ? newest->recordings[call] : nullptr;
}

}  // namespace sinter
