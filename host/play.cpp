// From the request to sound, and back: patch, device, session, recorder, loop, summary.
#include "sinter/host/play.hpp"

#include <algorithm>
#include <cmath>

#include "play_loop.hpp"
#include "sinter/host/build_patch.hpp"
#include "sinter/host/command.hpp"

namespace sinter::host {
namespace {

constexpr double kUsualRate = 48'000;  // what most devices run at: compiled for before one is open
constexpr std::chrono::milliseconds kCompiling{10'000};

using Problem = std::optional<std::vector<Error>>;

std::vector<Error> problem(Error error) { return {std::move(error)}; }
std::vector<Error> usage(const std::string& message) { return {{.code = Errc::usage, .message = message}}; }

class Playing {
 public:
  explicit Playing(const PlayRequest& request) : request_(request), report_(request.json), device_(request.verbose) {}
  int run();

 private:
  Problem check() const;
  Problem open_the_session();
  Problem compile();
  Problem check_program() const;
  Problem open_device();
  Problem set_parameters();
  Problem open_files();
  Problem start();
  int finish(PlayLoop& loop);
  uint32_t wanted_outputs() const;

  const PlayRequest& request_;
  PlayReport report_;
  std::unique_ptr<Session> session_;
  PlayDevice device_;
  std::optional<DemoPhrase> phrase_;
  std::optional<LoopFile> loop_file_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Player> player_;
};

Problem Playing::check() const {
  if (!request_.record.empty()) {
    if (request_.record == "-") return usage("--record needs a file: standard output is for what is told");
    if (auto wrong = AudioWriter::check(request_.record, request_.format)) return problem(*wrong);
  }
  if (!request_.loop.empty() && !request_.input.empty()) return usage("--in and --input-file exclude each other");
  return {};
}

Problem Playing::open_the_session() {
  const Result<const Backend*> backend = choose_backend({.mode = request_.mode, .backend = request_.backend});
  if (!backend) return backend.errors();
  SessionOptions options{.mode = request_.mode, .strict = request_.strict, .guard = request_.guard};
  const bool interprets = (*backend)->name() == "interpreter" || (*backend)->name() == "reference";
  (interprets ? options.interpreter : options.machine_code) = *backend;
  // One executor by name is that one and no other on the way to it.
  if (!request_.backend.empty()) options.mode = interprets ? Mode::interpret : Mode::jit;
  session_ = open_session(options);
  session_->suspend();
  return {};
}

Problem Playing::compile() {
  if (const auto ready = session_->prepare(request_.rate > 0 ? request_.rate : kUsualRate); !ready)
    return ready.errors();
  const uint64_t revision = session_->set_patch_file(request_.patch);
  const Progress progress = session_->wait(revision, Progress::ready, kCompiling);
  std::vector<Error> errors;
  for (const SessionEvent& event : session_->events())
    if (event.kind == SessionEvent::Kind::error) errors.push_back(event.error);
  if (!errors.empty()) return errors;
  if (progress < Progress::ready)
    return problem({.code = Errc::cancelled, .message = "the patch does not compile in time"});
  for (const SessionEvent& event : session_->events())
    if (event.kind == SessionEvent::Kind::warning) report_.event(event);
  return {};
}

Problem Playing::check_program() const {
  const auto program = session_->program();
  if (request_.demo && program->layout.voices.empty())
    return usage("--demo plays notes, and the patch has no node that plays them (of type poly)");
  if (!request_.loop.empty() && program->layout.inputs.empty())
    return usage("--input-file is for the patch's input, and it has none");
  return {};
}

// As many as the patch has, and two for a first output of one channel.
uint32_t Playing::wanted_outputs() const {
  const Routing routing = routing_of(*session_->program());
  const uint32_t spread = routing.main_outputs == 1 ? 1 : 0;
  return std::clamp(routing.outputs + spread, 2u, kMaxDeviceChannels);
}

Problem Playing::open_device() {
  const uint32_t inputs = std::min(session_->program()->layout.input_channels, kMaxDeviceChannels);
  const StreamRequest request{.input = request_.input,
                              .output = request_.output,
                              .inputs = request_.loop.empty() ? inputs : 0,
                              .outputs = wanted_outputs(),
                              .rate = request_.rate,
                              .block = request_.block};
  const Result<StreamInfo> stream = device_.open(request);
  if (!stream) return stream.errors();
  if (const auto ready = session_->prepare(stream->rate); !ready) return ready.errors();
  return {};
}

Problem Playing::set_parameters() {
  if (request_.parameters.empty()) return {};
  session_->wait_settled(kCompiling);  // from here on the worker leaves the engine alone
  for (const auto& [id, text] : request_.parameters)
    if (const Result<double> value = session_->set_parameter(id, text); !value) return value.errors();
  session_->engine().reset();  // parameters begin at these values instead of gliding to them
  return {};
}

Problem Playing::open_files() {
  const double rate = session_->sample_rate();
  if (request_.demo) phrase_.emplace(rate);
  if (!request_.loop.empty()) {
    Result<LoopFile> loop = read_loop(request_.loop, static_cast<uint32_t>(std::lround(rate)));
    if (!loop) return loop.errors();
    loop_file_ = std::move(*loop);
  }
  PlayerSetup setup{.sample_rate = rate, .outputs = device_.stream().outputs};
  if (request_.seconds) setup.frames = static_cast<uint64_t>(std::llround(*request_.seconds * rate));
  if (!request_.record.empty()) {
    Result<std::unique_ptr<Recorder>> recorder =
        Recorder::start({.path = request_.record,
                         .channels = setup.outputs,
                         .sample_rate = static_cast<uint32_t>(std::lround(rate)),
                         .format = request_.format,
                         .frames = setup.frames});
    if (!recorder) return recorder.errors();
    recorder_ = std::move(*recorder);
  }
  setup.phrase = phrase_ ? &*phrase_ : nullptr;
  setup.loop = loop_file_ ? &*loop_file_ : nullptr;
  setup.recorder = recorder_.get();
  player_ = std::make_unique<Player>(*session_, setup);
  player_->set_routing(routing_of(*session_->program()));
  return {};
}

Problem Playing::start() {
  if (auto wrong = device_.start(*session_, *player_)) return problem(*wrong);
  report_.started(request_, device_.stream(), session_->latency_frames(), session_->sample_rate());
  if (session_->program()->layout.input_channels && request_.loop.empty() && !device_.stream().inputs)
    report_.note("there is no device that records: the patch's inputs are silent");
  return {};
}

// The device first, so that nothing is pushed any more; then the file.
int Playing::finish(PlayLoop& loop) {
  device_.close();
  std::optional<Recorder::Recorded> recorded;
  std::vector<Error> errors;
  if (recorder_) {
    Result<Recorder::Recorded> done = recorder_->finish();
    if (done) recorded = std::move(*done);
    else errors = done.errors();
  }
  if (!errors.empty()) report_.failed(errors);
  report_.summary(loop.figures(), recorded);
  return exit_code(errors);
}

int Playing::run() {
  if (Problem wrong = check()) return report_.failed(*wrong), exit_code(*wrong);
  for (auto part : {&Playing::open_the_session, &Playing::compile})
    if (Problem wrong = (this->*part)()) return report_.failed(*wrong), exit_code(*wrong);
  if (Problem wrong = check_program()) return report_.failed(*wrong), exit_code(*wrong);
  for (auto part : {&Playing::open_device, &Playing::set_parameters, &Playing::open_files})
    if (Problem wrong = (this->*part)()) return report_.failed(*wrong), exit_code(*wrong);
  PlayLoop loop(request_, *session_, *player_, device_, report_, recorder_.get());
  loop.skip_events();
  if (Problem wrong = start()) return report_.failed(*wrong), exit_code(*wrong);
  loop.run();
  return finish(loop);
}

}  // namespace

int play(const PlayRequest& request) { return Playing(request).run(); }

}  // namespace sinter::host
