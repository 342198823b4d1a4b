// The detectors are proved by kernels that do what is forbidden, inside of Engine::process().
#include "sins.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "detectors.hpp"
#include "sinter/sinter.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

/// Commits its sin in its first block.
class BadKernel final : public External {
 public:
  BadKernel(const Sin& sin, Stage& stage) : sin_(sin), stage_(stage) {}
  void process(const ExternalBlock& block) noexcept override {
    for (uint32_t f = 0; f < block.frames; ++f) block.outputs[0][f] = block.inputs[0][f];
    if (!done_) sin_.commit(stage_);
    done_ = true;
  }
  void reset() noexcept override {}

 private:
  const Sin& sin_;
  Stage& stage_;
  bool done_ = false;
};

class BadType final : public ExternalType {
 public:
  BadType(const Sin& sin, Stage& stage) : sin_(sin), stage_(stage) {}
  std::string_view name() const override { return "bad"; }
  uint64_t fingerprint() const override { return 1; }
  uint32_t latency_frames() const override { return 0; }
  uint64_t tail_frames(double) const override { return 0; }
  bool exact_under_partition() const override { return true; }
  uint64_t memory_bytes(double) const override { return 0; }
  std::unique_ptr<External> prepare(double) const override { return std::make_unique<BadKernel>(sin_, stage_); }

 private:
  const Sin& sin_;
  Stage& stage_;
};

std::shared_ptr<const Program> program_with(const Sin& sin, Stage& stage) {
  Ir ir;
  Builder build(ir);
  ir.inputs.push_back({"in", 1});
  ir.outputs.push_back({"out", 1});
  CallDecl decl{.key = "bad", .type = std::make_shared<BadType>(sin, stage), .input_lanes = {1}, .output_lanes = {1}};
  build.output(0, build.call_output(build.call(decl, {build.input(0)}), 0));
  CompileOptions options;
  options.backend = &best_backend();
  Result<Compiled> compiled = compile(std::move(ir), options);
  REQUIRE_MESSAGE(compiled, format(compiled.error()));
  return compiled->program;
}

bool sleeps(pid_t thread) {
  std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(status, text);
  const size_t name_end = text.rfind(") ");
  return name_end != std::string::npos && text[name_end + 2] == 'S';
}

/// What another thread does so that the sinner really waits, and does not wait for ever.
class Partner {
 public:
  Partner(Sin::Partner role, Stage& stage) : sinner_(static_cast<pid_t>(syscall(SYS_gettid))) {
    if (role == Sin::Partner::none) return;
    thread_ = std::thread([this, role, &stage] { role == Sin::Partner::notifies ? notify(stage) : hold(stage); });
    while (!ready_.load()) std::this_thread::yield();
  }
  ~Partner() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  void wait_for_sinner(const Stage& stage) {
    while (!stage.begun.load() || !sleeps(sinner_)) std::this_thread::yield();
  }
  void hold(Stage& stage) {
    const std::lock_guard lock(stage.mutex);
    ready_.store(true);
    wait_for_sinner(stage);
  }
  void notify(Stage& stage) {
    ready_.store(true);
    wait_for_sinner(stage);
    const std::lock_guard lock(stage.mutex);
    stage.released = true;
    stage.changed.notify_all();
  }

  pid_t sinner_;
  std::atomic<bool> ready_{false};
  std::thread thread_;
};

struct Seen {
  uint64_t library_calls = 0, system_calls = 0;
};

Seen commit(const Sin& sin) {
  Stage stage;
  stage.allocated = std::malloc(100);
  stage.file = open("/dev/null", O_WRONLY);
  stage.page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void* const spare = stage.allocated;
  Engine engine;
  engine.prepare(program_with(sin, stage));
  std::array<float, 64> row{};
  const float* inputs[] = {row.data()};
  float* outputs[] = {row.data()};
  forget_violations();
  {
    const Partner partner(sin.partner, stage);
    const WatchedThread watched;
    {
      const ForbidWaiting forbid;
      engine.process(inputs, outputs, 64);
    }
  }
  Seen seen;
  for (const Violation& violation : violations())
    (violation.detector == Detector::library_calls ? seen.library_calls : seen.system_calls) += violation.count;
  if (sin.name.starts_with("allocates")) std::free(spare);
  std::free(stage.allocated);
  close(stage.file);
  munmap(stage.page, 4096);
  return seen;
}

}  // namespace

TEST_CASE("every sin of an audio thread is seen by the detector that says it sees it, and what is no sin by none") {
  std::string why;
  const bool library = has_detector(Detector::library_calls, &why);
  if (!library) skipped("the detector of library calls", why);
  const bool system = has_detector(Detector::system_calls, &why);
  if (!system) skipped("the detector of system calls", why);
  for (const Sin& sin : all_sins()) {
    CAPTURE(sin.name);
    const Seen seen = commit(sin);
    CAPTURE(violations_text());
    // An allocation may need a system call, or not: only what is no sin must be seen by none.
    const bool innocent = !sin.library_calls && !sin.system_calls;
    if (library && (sin.library_calls || innocent)) CHECK((seen.library_calls > 0) == sin.library_calls);
    if (system && (sin.system_calls || innocent)) CHECK((seen.system_calls > 0) == sin.system_calls);
  }
}

TEST_CASE("each detector sees sins that the other does not") {
  uint32_t only_library = 0, only_system = 0, both = 0;
  for (const Sin& sin : all_sins()) {
    only_library += sin.library_calls && !sin.system_calls;
    only_system += sin.system_calls && !sin.library_calls;
    both += sin.library_calls && sin.system_calls;
  }
  CHECK(only_library >= 5);
  CHECK(only_system >= 5);
  CHECK(both >= 5);
}

TEST_CASE("system calls made while forbidden still do what they should, and threads not watched are not counted") {
  if (std::string why; !has_detector(Detector::system_calls, &why)) return skipped("forwarded system calls", why);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  forget_violations();
  const WatchedThread watched;
  std::array<char, 4> text{};
  ssize_t written = 0, got = 0;
  {
    const ForbidWaiting forbid;
    written = write(ends[1], "abc", 3);
    got = read(ends[0], text.data(), 3);
  }
  std::thread([&] { written += write(ends[1], "d", 1); }).join();
  CHECK(written == 4);
  CHECK(got == 3);
  CHECK(std::string(text.data()) == "abc");
  CHECK(violation_count() == 2);
  CHECK(violations_text() == "read 1 times, write 1 times");
  close(ends[0]);
  close(ends[1]);
}
