// The control threads' side of a session: its life, sample rates, patches that come, and what happened.
#include <algorithm>
#include <system_error>

#include "impl.hpp"

namespace sinter {
namespace {

constexpr double kLowestRate = 8'000, kHighestRate = 768'000;

// milliseconds::max() means for ever, and is more than a clock can count.
std::chrono::steady_clock::time_point deadline(std::chrono::milliseconds timeout) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 365);
  return std::chrono::steady_clock::now() + std::min(timeout, kLongest);
}

// What plays before the first patch, and between two sample rates: nothing.
class Silence final : public Executor {
 public:
  std::string_view name() const override { return "silence"; }
  uint32_t max_frames() const override { return kCellFrames; }
  uint32_t granule() const override { return 1; }
  void run(const Block&) const noexcept override {}
};
class NoControl final : public ControlExecutor {
 public:
  void constants(uint8_t*) const noexcept override {}
  uint64_t run(uint8_t*, uint8_t*, uint64_t) const noexcept override { return 0; }
};

}  // namespace

// -- Life

Session::Impl::Impl(Engine& played, SessionOptions wanted) : engine(played), options(wanted) {
  static const NodeLibrary kNoNodes;
  if (!options.library) options.library = &kNoNodes;
  stop_ = [this] { return closing_ || newer_ || epoch_ != job_epoch_; };
  engine.set_guard(options.guard);
  enlist();
}

Session::Impl::~Impl() {
  closing_ = true;
  if (worker_) worker_->leave(*this);
}

// False where there is no memory or thread for the worker; the next patch tries again.
bool Session::Impl::enlist() noexcept {
  if (worker_) return true;
  try {
    std::shared_ptr<Worker> worker = Worker::shared();
    worker->join(*this);
    worker_ = std::move(worker);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  } catch (const std::system_error&) {
    return false;
  }
}

// Silence that has every parameter there ever was, so that handles stay what they are.
std::shared_ptr<const Program> Session::Impl::resting_program(double sample_rate) const {
  auto program = std::make_shared<Program>();
  Layout& layout = program->layout;
  layout.sample_rate = sample_rate;
  for (const GraphParam& param : known_) {
    const bool choice = !param.choices.empty();
    layout.params.push_back({.id = param.id,
                             .initial = param.fallback,
                             .minimum = choice ? 0 : param.minimum,
                             .maximum = choice ? static_cast<double>(param.choices.size()) - 1 : param.maximum,
                             .offset = layout.control_bytes});
    layout.control_bytes += sizeof(double);
  }
  program->control = std::make_unique<NoControl>();
  program->executor = std::make_unique<Silence>();
  return program;
}

// The engine at another rate, silent, parameters as they were.
void Session::Impl::start_at(double sample_rate) {
  std::vector<double> values;
  for (uint32_t handle = 0; handle < known_.size(); ++handle) values.push_back(engine.parameter(handle));
  const auto recall = [&] {
    for (uint32_t handle = 0; handle < known_.size(); ++handle)
      if (values[handle] != known_[handle].fallback) engine.set_parameter(handle, values[handle]);
  };
  std::shared_ptr<const Program> rest = resting_program(sample_rate);
  pending_.reset();
  program_.reset();
  unfinished_.reset();
  image_swap_ = 0;
  ++epoch_;
  rate = 0;  // an engine that found no memory has no program
  try {
    engine.prepare(std::move(rest));
  } catch (const std::bad_alloc&) {
    recall();
    throw;
  }
  recall();
  engine.reset();
  rate = sample_rate;
  if (image_ && image_->sample_rate != rate) {
    image_.reset();
    warn_of_other_rate();
  }
  seen_scrubbed_ = seen_moved_ = seen_mutes_ = 0;
  seen_muted_ = false;
}

Result<bool> Session::Impl::play_again(Build::Tier tier) {
  const Result<uint64_t> swap = engine.swap(tier.program, {.fade_seconds = 0});
  if (!swap) return swap.errors();
  program_ = std::move(tier.program);
  log.add_errors(revision_, SessionEvent::Kind::warning, tier.warnings);
  log.add({.revision = revision_,
           .kind = SessionEvent::Kind::compiled,
           .backend = tier.backend,
           .compile_seconds = tier.seconds,
           .code_bytes = tier.code_bytes});
  const bool silent = std::exchange(suspended, true);  // process() does not run now
  expect(*swap, revision_, tier.backend, Clock::now());
  suspended = silent;
  look_at_engine();
  return true;
}

Result<bool> Session::Impl::prepare(double sample_rate) {
  if (!(sample_rate >= kLowestRate && sample_rate <= kHighestRate))
    return Error{.code = Errc::out_of_range, .message = "the sample rate must lie between 8,000 and 768,000 Hz"};
  const std::lock_guard lock(mutex);
  if (sample_rate == rate) return true;
  std::optional<Result<Build::Tier>> tier;
  if (graph) tier = Build(graph, options, sample_rate, never_).next(true);
  start_at(sample_rate);
  if (waiting_ || job_)
    if (enlist()) worker_->wants_work(*this);
  if (!tier) return true;
  if (!*tier) return tier->errors();
  return play_again(std::move(**tier));
}

// -- Patches

uint64_t Session::Impl::submit(std::unique_ptr<Job> job) noexcept {
  const std::lock_guard lock(mutex);
  const uint64_t revision = progress.begin();
  if (!enlist()) {
    progress.set(revision, Progress::failed);
    log.out_of_memory(revision);
    return revision;
  }
  job->revision = revision;
  job->epoch = epoch_;
  if (waiting_) progress.set(waiting_->revision, Progress::superseded);
  waiting_ = std::move(job);
  newer_ = true;
  worker_->wants_work(*this);
  changed.notify_all();
  return revision;
}

uint64_t Session::Impl::out_of_memory() noexcept {
  const std::lock_guard lock(mutex);
  const uint64_t revision = progress.begin();
  progress.set(revision, Progress::failed);
  log.out_of_memory(revision);
  return revision;
}

Progress Session::Impl::wait(uint64_t revision, Progress wanted, std::chrono::milliseconds timeout) {
  const auto until = deadline(timeout);
  std::unique_lock lock(mutex);
  for (;;) {
    look_at_engine();
    const Progress now = progress.get(revision);
    if (now == Progress::superseded || now == Progress::failed || now >= wanted || Clock::now() >= until) return now;
    changed.wait_until(lock, std::min(until, Clock::now() + kLook));
  }
}

bool Session::Impl::wait_settled(std::chrono::milliseconds timeout) {
  const auto until = deadline(timeout);
  std::unique_lock lock(mutex);
  for (;;) {
    look_at_engine();
    const bool settled = !waiting_ && !job_ && !unfinished_ && (!pending_ || suspended);
    if (settled) return progress.get(progress.newest()) >= Progress::ready;
    if (Clock::now() >= until) return false;
    changed.wait_until(lock, std::min(until, Clock::now() + kLook));
  }
}

// -- Events

void Session::Impl::gesture(uint32_t handle, bool begins) noexcept try {
  using enum SessionEvent::Kind;
  if (handle >= known_.size()) return;
  uint32_t& holders = gestures_[handle];
  const bool outermost = begins ? holders++ == 0 : holders == 1;
  if (!begins && holders) --holders;
  if (!holders) gestures_.erase(handle);
  if (outermost)
    log.add({.revision = revision_,
             .kind = begins ? gesture_begin : gesture_end,
             .text = (begins ? "takes hold of '" : "lets go of '") + known_[handle].id + "'",
             .parameter = handle});
} catch (const std::bad_alloc&) {
  log.out_of_memory(revision_);
}

void Session::Impl::gather_events() noexcept try {
  using enum SessionEvent::Kind;
  look_at_engine();
  const EngineCounters& counters = engine.counters();
  if (const uint64_t all = counters.scrubbed_states.load(); all != seen_scrubbed_) {
    const std::string key = engine.last_scrubbed();
    const std::string node = key.substr(0, key.rfind('/'));
    log.add({.revision = revision_,
             .kind = scrubbed,
             .text = (node.empty() ? "a node" : "'" + node + "'") +
                     " computed numbers that are not finite; what it remembered was cleared",
             .count = all - seen_scrubbed_});
    seen_scrubbed_ = all;
  }
  if (const uint64_t all = counters.moved_events.load(); all != seen_moved_) {
    log.add({.revision = revision_, .kind = moved_events, .count = all - seen_moved_});
    seen_moved_ = all;
  }
  const bool is_muted = engine.guard_muted();
  if (const uint64_t all = counters.guard_mutes.load(); all != seen_mutes_) {
    log.add({.revision = revision_, .kind = muted, .count = all - seen_mutes_});
    seen_mutes_ = all;
    seen_muted_ = true;
  }
  if (seen_muted_ && !is_muted) {
    log.add({.revision = revision_, .kind = unmuted});
    seen_muted_ = false;
  }
} catch (const std::bad_alloc&) {
  log.out_of_memory(revision_);
}

std::optional<ParameterInfo> Session::Impl::find(std::string_view id) const {
  if (!graph) return {};
  for (const GraphParam& param : graph->params)
    if (param.id == id) return ParameterInfo{param, engine.parameter_handle(id)};
  return {};
}

}  // namespace sinter
