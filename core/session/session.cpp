// The session's front: every function takes the mutex, does one thing, and turns want of memory into an error.
#include "sinter/session/session.hpp"

#include "impl.hpp"

namespace sinter {
namespace {

Error no_parameter(std::string_view id) {
  return {
      .code = Errc::usage, .where = std::string(id), .message = "the patch has no parameter '" + std::string(id) + "'"};
}

// Runs `work`; want of memory is an event and `otherwise`.
template <class Impl, class F, class T>
T guarded(Impl& impl, F&& work, T otherwise) noexcept {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    const std::lock_guard lock(impl.mutex);
    impl.log.out_of_memory(0);
    return otherwise;
  }
}

}  // namespace

bool parse_mode(std::string_view text, Mode& mode) {
  for (const Mode each : {Mode::automatic, Mode::jit, Mode::interpret, Mode::hybrid}) {
    if (text != name(each)) continue;
    mode = each;
    return true;
  }
  return false;
}

std::string_view name(Mode mode) {
  switch (mode) {
    case Mode::automatic:
      return "auto";
    case Mode::jit:
      return "jit";
    case Mode::interpret:
      return "interpret";
    case Mode::hybrid:
      return "hybrid";
  }
  return {};
}

Session::Session(SessionOptions options) : impl_(std::make_unique<Impl>(engine_, options)) {}
Session::~Session() = default;

Result<bool> Session::prepare(double sample_rate) {
  return or_out_of_memory([&] { return impl_->prepare(sample_rate); });
}

double Session::sample_rate() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->rate;
}

void Session::suspend() {
  const std::lock_guard lock(impl_->mutex);
  impl_->suspended = true;
  impl_->run_silently();
  impl_->look_at_engine();
}

void Session::resume() {
  const std::lock_guard lock(impl_->mutex);
  impl_->suspended = false;
}

uint64_t Session::set_patch(std::string text, std::string file_name, std::string folder) try {
  auto job = std::make_unique<Job>();
  job->source = PatchText{std::move(text), std::move(file_name), std::move(folder)};
  return impl_->submit(std::move(job));
} catch (const std::bad_alloc&) {
  return impl_->out_of_memory();
}

uint64_t Session::set_patch(Graph graph) try {
  auto job = std::make_unique<Job>();
  job->source = std::make_shared<const Graph>(std::move(graph));
  return impl_->submit(std::move(job));
} catch (const std::bad_alloc&) {
  return impl_->out_of_memory();
}

uint64_t Session::set_patch_file(std::string path) try {
  auto job = std::make_unique<Job>();
  job->source = PatchPath{std::move(path)};
  return impl_->submit(std::move(job));
} catch (const std::bad_alloc&) {
  return impl_->out_of_memory();
}

Progress Session::progress(uint64_t revision) const {
  const std::lock_guard lock(impl_->mutex);
  impl_->look_at_engine();
  return impl_->progress.get(revision);
}

Progress Session::wait(uint64_t revision, Progress wanted, std::chrono::milliseconds timeout) const {
  return impl_->wait(revision, wanted, timeout);
}
bool Session::wait_settled(std::chrono::milliseconds timeout) const { return impl_->wait_settled(timeout); }

std::vector<SessionEvent> Session::events(uint64_t after) {
  const auto list = [&] {
    const std::lock_guard lock(impl_->mutex);
    impl_->gather_events();
    return impl_->log.after(after);
  };
  return guarded(*impl_, list, std::vector<SessionEvent>{});
}

std::shared_ptr<const Graph> Session::graph() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->graph;
}

std::vector<std::string> Session::files() const {
  const auto list = [&] {
    const std::lock_guard lock(impl_->mutex);
    return impl_->files;
  };
  return guarded(*impl_, list, std::vector<std::string>{});
}

std::shared_ptr<const Program> Session::program() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->program();
}

std::string Session::backend() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->backend;
}

uint32_t Session::latency_frames() const {
  const std::lock_guard lock(impl_->mutex);
  return engine_.program() ? engine_.program()->layout.latency_frames : 0;
}
double Session::tail_seconds() const {
  const std::lock_guard lock(impl_->mutex);
  return engine_.program() ? engine_.program()->layout.tail_seconds : 0;
}
uint64_t Session::memory_bytes() const {
  const std::lock_guard lock(impl_->mutex);
  return engine_.program() ? engine_.program()->layout.memory_bytes() : 0;
}

std::vector<ParameterInfo> Session::parameters() const {
  const auto list = [&] {
    const std::lock_guard lock(impl_->mutex);
    std::vector<ParameterInfo> all;
    if (impl_->graph)
      for (const GraphParam& param : impl_->graph->params) all.push_back({param, engine_.parameter_handle(param.id)});
    return all;
  };
  return guarded(*impl_, list, std::vector<ParameterInfo>{});
}

std::optional<ParameterInfo> Session::parameter(std::string_view id) const {
  const auto look = [&] {
    const std::lock_guard lock(impl_->mutex);
    return impl_->find(id);
  };
  return guarded(*impl_, look, std::optional<ParameterInfo>{});
}

Result<double> Session::set_parameter(std::string_view id, std::string_view text) {
  return or_out_of_memory([&]() -> Result<double> {
    const std::lock_guard lock(impl_->mutex);
    const std::optional<ParameterInfo> found = impl_->find(id);
    if (!found) return no_parameter(id);
    const Result<double> typed = parse_parameter(found->param, text, impl_->rate ? impl_->rate : 48'000);
    if (!typed) return typed;
    const double value = nearest_value(found->param, *typed);
    engine_.set_parameter(found->handle, value);
    return value;
  });
}

Result<double> Session::set_normalised(std::string_view id, double normalised) {
  return or_out_of_memory([&]() -> Result<double> {
    const std::lock_guard lock(impl_->mutex);
    const std::optional<ParameterInfo> found = impl_->find(id);
    if (!found) return no_parameter(id);
    const double value = plain(found->param, normalised);
    engine_.set_parameter(found->handle, value);
    return value;
  });
}

void Session::begin_gesture(uint32_t handle) {
  const std::lock_guard lock(impl_->mutex);
  impl_->gesture(handle, true);
}
void Session::end_gesture(uint32_t handle) {
  const std::lock_guard lock(impl_->mutex);
  impl_->gesture(handle, false);
}

Result<std::vector<uint8_t>> Session::save_state(Save what) {
  return or_out_of_memory([&] { return impl_->save(what); });
}

Result<bool> Session::load_state(std::span<const uint8_t> chunk) {
  return or_out_of_memory([&]() -> Result<bool> {
    Result<SavedState> state = read_state(chunk);
    if (!state) return state.errors();
    return impl_->load(std::move(*state));
  });
}

}  // namespace sinter
