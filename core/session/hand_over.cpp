// The worker's side of a session: one piece of a patch at a time, compiled without the session's lock, handed over with
// it.
#include <algorithm>

#include "impl.hpp"

namespace sinter {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTendSounding{1};  // until the audio thread has taken what was handed over
constexpr milliseconds kTendFreeing{20};  // while programs are to be freed, or nobody calls process()
constexpr milliseconds kTendPatience{1'000};

}  // namespace

// -- Jobs

// The newest patch comes first; one that plays already and waits for its machine code may go on after it.
bool Session::Impl::begin_job() {
  if (waiting_) {
    drop_for_newer();
    job_ = std::move(waiting_);
    newer_ = false;
  }
  if (!job_ && unfinished_) job_ = std::move(unfinished_);
  if (!job_) return false;
  if (job_->epoch == epoch_) return true;
  if (job_->handed_over) {  // prepare() has compiled it for the new rate
    job_.reset();
    return false;
  }
  job_->build.reset();
  job_->epoch = epoch_;
  return true;
}

void Session::Impl::drop_for_newer() noexcept {
  if (!job_) return;
  if (job_->handed_over) unfinished_ = std::move(job_);
  else progress.set(job_->revision, Progress::superseded);
  job_.reset();
}

Result<Build::Tier> Session::Impl::advance(Job& job, double at_rate) {
  if (!job.read) {
    job.read = read_source(job.source, *options.library);
    job.source = PatchText{};
    const std::lock_guard lock(mutex);
    std::vector<std::string> watched = job.read->files;
    // What a broken patch names is not known: the files of the last good one may be what mends it.
    if (!job.read->graph) watched.insert(watched.end(), files.begin(), files.end());
    std::sort(watched.begin(), watched.end());
    watched.erase(std::unique(watched.begin(), watched.end()), watched.end());
    files = std::move(watched);
  }
  if (!job.read->graph) return job.read->errors;
  if (!job.build) job.build = std::make_unique<Build>(job.read->graph, options, at_rate, stop_);
  return job.build->next();
}

bool Session::Impl::work() noexcept {
  std::unique_lock lock(mutex);
  if (!rate || closing_ || !begin_job()) return false;
  job_epoch_ = job_->epoch;
  const double at_rate = rate;
  lock.unlock();
  bool more = true;
  try {
    Result<Build::Tier> tier = advance(*job_, at_rate);
    lock.lock();
    more = finish(std::move(tier));
  } catch (const std::bad_alloc&) {
    if (!lock) lock.lock();
    log.out_of_memory(job_->revision);
    if (!job_->handed_over) progress.set(job_->revision, Progress::failed);
    job_.reset();
  }
  changed.notify_all();
  return more || waiting_ || unfinished_;
}

// With the lock. True where there is more to do.
bool Session::Impl::finish(Result<Build::Tier> tier) {
  if (closing_) return false;
  if (job_->epoch != epoch_) return true;  // made for a sample rate that is gone
  if (!tier) return give_up(tier.errors());
  if (const auto errors = hand_over(*job_, *tier)) return give_up(*errors);
  if (!tier->last) return true;
  job_.reset();
  return false;
}

bool Session::Impl::give_up(const std::vector<Error>& errors) {
  if (errors.front().code == Errc::cancelled && newer_) {
    drop_for_newer();
    return true;
  }
  if (job_->handed_over) {
    std::vector<Error> warnings = errors;
    for (Error& warning : warnings) {
      warning.warning = true;
      warning.message += "; the interpreter plays on";
    }
    log.add_errors(job_->revision, SessionEvent::Kind::warning, warnings);
  } else {
    log.add_errors(job_->revision, SessionEvent::Kind::error, errors);
    progress.set(job_->revision, Progress::failed);
  }
  job_.reset();
  return false;
}

// -- To the engine

// Choices are numbers: where an edit moves one to another number, what was chosen stays chosen.
std::map<uint32_t, double> Session::Impl::renamed_choices(const Graph& next) const {
  std::map<uint32_t, double> values;
  for (const GraphParam& param : next.params) {
    const uint32_t handle = handle_of(param.id);
    if (handle == Engine::kNoParameter) continue;
    const GraphParam& before = known_[handle];
    if (before.choices.empty() || param.choices.empty() || before.choices == param.choices) continue;
    const double value = engine.parameter(handle);
    if (value == before.fallback) continue;
    const std::string& chosen = before.choices[static_cast<size_t>(nearest_value(before, value))];
    const auto found = std::find(param.choices.begin(), param.choices.end(), chosen);
    if (found != param.choices.end()) values[handle] = static_cast<double>(found - param.choices.begin());
  }
  return values;
}

// After a swap: handles of new parameters, and the values that were waiting for them.
void Session::Impl::learn_parameters(const Graph& next) {
  for (const GraphParam& param : next.params) {
    const uint32_t handle = engine.parameter_handle(param.id);
    if (handle == Engine::kNoParameter) continue;
    if (handle >= known_.size()) known_.resize(handle + size_t{1});
    known_[handle] = param;
    const auto waiting = remembered_.find(param.id);
    if (waiting == remembered_.end()) continue;
    engine.set_parameter(handle, waiting->second);
    remembered_.erase(waiting);
  }
}

// From here on the engine plays it: what there is no memory to note down is only not told.
void Session::Impl::expect(uint64_t swap, uint64_t revision, const std::string& by, Clock::time_point asked) noexcept {
  if (pending_ && pending_->revision != revision) progress.set(pending_->revision, Progress::superseded);
  pending_.emplace();
  pending_->swap = swap;
  pending_->revision = revision;
  pending_->asked = asked;
  try {
    backend = by;
    pending_->backend = by;
  } catch (const std::bad_alloc&) {
    log.out_of_memory(revision);
  }
  if (suspended) run_silently();
  else if (worker_) worker_->wants_tending(*this);
}

void Session::Impl::take_over(Job& done, const Build::Tier& tier, const std::map<uint32_t, double>& choices) noexcept {
  program_ = tier.program;
  graph = done.read->graph;
  revision_ = done.revision;
  const bool first = !done.handed_over;
  done.handed_over = true;
  unfinished_.reset();
  if (first) progress.set(done.revision, Progress::ready);
  try {
    learn_parameters(*graph);
    for (const auto& [handle, value] : choices) engine.set_parameter(handle, value);
    if (first) log.add_errors(done.revision, SessionEvent::Kind::warning, done.read->warnings);
    log.add_errors(done.revision, SessionEvent::Kind::warning, tier.warnings);
    log.add({.revision = done.revision,
             .kind = SessionEvent::Kind::compiled,
             .backend = tier.backend,
             .compile_seconds = tier.seconds,
             .code_bytes = tier.code_bytes});
  } catch (const std::bad_alloc&) {
    log.out_of_memory(done.revision);
  }
}

std::optional<std::vector<Error>> Session::Impl::hand_over(Job& done, const Build::Tier& tier) {
  look_at_engine();
  const std::map<uint32_t, double> choices = renamed_choices(*done.read->graph);
  // Before the first frame there is nothing to fade from.
  const double fade = engine.frame() ? options.fade_seconds : 0;
  // A swap that was not taken yet is replaced: its state goes to this one.
  const Result<uint64_t> swap =
      engine.swap(tier.program, {.fade_seconds = fade, .restore = image_ ? &*image_ : nullptr});
  if (!swap) return swap.errors();
  image_swap_ = *swap;
  take_over(done, tier, choices);
  expect(*swap, done.revision, tier.backend, done.asked);
  look_at_engine();
  return {};
}

// -- From the engine

void Session::Impl::look_at_engine() noexcept {
  if (image_ && image_swap_ && engine.counters().swaps_begun.load(std::memory_order_acquire) >= image_swap_)
    image_.reset();
  if (!pending_ || engine.counters().swaps_begun.load(std::memory_order_acquire) < pending_->swap) return;
  progress.set(pending_->revision, Progress::sounding);
  const std::chrono::duration<double> seconds = Clock::now() - pending_->asked;
  if (!pending_->told)
    log.add({.revision = pending_->revision,
             .kind = SessionEvent::Kind::sounding,
             .backend = std::move(pending_->backend),
             .seconds = seconds.count()});
  pending_.reset();
}

// A fade needs frames: what is handed over during one is taken after resume(). Each call moves a bounded slice.
void Session::Impl::run_silently() noexcept {
  constexpr uint64_t kSliceBytes = 64 << 10, kSpareCalls = 64;
  const EngineCounters& counters = engine.counters();
  const uint64_t calls = (program_ ? program_->layout.memory_bytes() : 0) / kSliceBytes + kSpareCalls;
  for (uint64_t call = 0; call < calls; ++call) {
    const bool fading = counters.swaps_begun.load() != counters.swaps_done.load();
    if (fading || !pending_ || counters.swaps_begun.load() >= pending_->swap) return;
    engine.process({}, {}, 0);
  }
}

std::chrono::milliseconds Session::Impl::tend() noexcept {
  const std::lock_guard lock(mutex);
  look_at_engine();
  changed.notify_all();
  const bool in_use = engine.collect();
  if (pending_ && !suspended && Clock::now() - pending_->since < kTendPatience) return kTendSounding;
  return pending_ || in_use ? kTendFreeing : milliseconds::zero();
}

}  // namespace sinter
