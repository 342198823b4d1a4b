// Faust's C++ side: runs `faust` and a compiler, keeps the library, and loads it.
#include <dlfcn.h>
#include <fcntl.h>
#include <immintrin.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "runner.hpp"
#include "sinter/base/fingerprint.hpp"
#include "statistics.hpp"

namespace sinter::peers {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

std::string text_of(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Runs a program found on PATH, all that it prints going to `log`. Its exit code; -1 where it cannot be started.
int run_program(const Words& words, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  int status = 0;
  if (failed || waitpid(child, &status, 0) < 0) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The first line that `program --version` prints; empty where it is not installed.
std::string version_of(const std::string& program) {
  static std::mutex mutex;
  static std::map<std::string, std::string> known;
  const std::lock_guard lock(mutex);
  const auto [found, fresh] = known.try_emplace(program);
  if (!fresh) return found->second;
  const fs::path log = fs::temp_directory_path() / ("sinter-peers-" + std::to_string(getpid()) + ".log");
  if (run_program({program, "--version"}, log) == 0) {
    std::ifstream lines(log);
    std::getline(lines, found->second);
  }
  fs::remove(log);
  return found->second;
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

struct Functions {
  void* (*create)(int sample_rate) = nullptr;
  void (*destroy)(void*) = nullptr;
  void (*clear)(void*) = nullptr;
  int (*inputs)(void*) = nullptr;
  int (*outputs)(void*) = nullptr;
  void (*run)(void*, int frames, float** inputs, float** outputs) = nullptr;
};

template <class F>
bool find(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(library, name));
  return function;
}

class StaticRunner final : public Runner {
 public:
  StaticRunner(std::string its_name, void* library, const Functions& functions, int sample_rate)
      : Runner(Side::compiled, std::move(its_name)), library_(library), functions_(functions) {
    instance_ = functions_.create(sample_rate);
    inputs = static_cast<uint32_t>(functions_.inputs(instance_));
    outputs = static_cast<uint32_t>(functions_.outputs(instance_));
  }
  ~StaticRunner() override {
    functions_.destroy(instance_);
    dlclose(library_);
  }
  void clear() override { functions_.clear(instance_); }
  void run(const std::vector<const float*>& in, const std::vector<float*>& out, uint32_t frames) noexcept override {
    functions_.run(instance_, static_cast<int>(frames), const_cast<float**>(in.data()),
                   const_cast<float**>(out.data()));
  }

 private:
  void* library_;
  Functions functions_;
  void* instance_ = nullptr;
};

// Runs one of the tools; false, with the end of what it said, where it fails.
bool succeeds(const Words& words, const std::string& log, std::string& problem) {
  if (run_program(words, log) == 0) return true;
  const std::string said = text_of(log);
  problem = joined(words) + " failed: " + said.substr(said.size() - std::min<size_t>(said.size(), 600));
  return false;
}

// How one library is made: `stem`.cpp by the first tool, `stem`.so by the second. The stem changes with everything that
// decides what comes out.
struct Recipe {
  std::string stem;
  Words faust, compiler;
};

Recipe recipe_for(const std::string& dsp_path, const StaticBuild& build, const std::string& cache) {
  const std::string arch = fs::path(dsp_path).parent_path() / "loop.arch";
  Recipe recipe;
  recipe.faust = with({"faust", "-lang", "cpp", "-cn", "mydsp"}, build.faust_options);
  recipe.compiler = with({build.compiler, "-std=c++17", "-fPIC", "-shared"}, build.compiler_flags);
  Fingerprint print;
  print.text(text_of(dsp_path)).text(text_of(arch)).text(joined(recipe.faust)).text(joined(recipe.compiler));
  print.text(version_of("faust")).text(version_of(build.compiler));
  char digits[20];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(print.value()));
  recipe.stem = fs::path(cache) / (fs::path(dsp_path).stem().string() + "-" + digits);
  recipe.faust = with(std::move(recipe.faust), {"-a", arch, dsp_path, "-o", recipe.stem + ".cpp"});
  // Math libraries come after what uses them.
  recipe.compiler =
      with(std::move(recipe.compiler), {recipe.stem + ".cpp", "-o", recipe.stem + ".so", "-lmvec", "-lm"});
  return recipe;
}

// How long both tools took lies beside the library, for the runs that find it there. Milliseconds; negative where a
// tool fails.
double build_library(const Recipe& recipe, std::string& problem) {
  const std::string times = recipe.stem + ".ms", log = recipe.stem + ".log";
  double ms = 0;
  if (fs::exists(recipe.stem + ".so") && std::ifstream(times) >> ms) return ms;
  std::error_code failed;
  fs::create_directories(fs::path(recipe.stem).parent_path(), failed);
  const double before = now_ns();
  if (!succeeds(recipe.faust, log, problem) || !succeeds(recipe.compiler, log, problem)) return -1;
  ms = (now_ns() - before) * 1e-6;
  std::ofstream(times) << ms;
  return ms;
}

std::unique_ptr<Runner> load(const std::string& name, const std::string& library, double sample_rate,
                             std::string& problem) {
  // A library built with -ffast-math sets the floating-point mode of the thread that loads it.
  const unsigned mode = _mm_getcsr();
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  _mm_setcsr(mode);
  if (!handle) return problem = dlerror(), nullptr;
  Functions f;
  if (!find(handle, "peer_create", f.create) || !find(handle, "peer_destroy", f.destroy) ||
      !find(handle, "peer_clear", f.clear) || !find(handle, "peer_inputs", f.inputs) ||
      !find(handle, "peer_outputs", f.outputs) || !find(handle, "peer_run", f.run)) {
    dlclose(handle);
    return problem = library + " lacks a function of loop.arch", nullptr;
  }
  return std::make_unique<StaticRunner>(name, handle, f, static_cast<int>(sample_rate));
}

}  // namespace

bool is_installed(const std::string& program) { return !version_of(program).empty(); }

bool build_static(const std::string& dsp_path, const StaticBuild& build, const std::string& cache,
                  std::string& problem) {
  const Recipe recipe = recipe_for(dsp_path, build, cache);
  return build_library(recipe, problem) >= 0;
}

std::unique_ptr<Runner> static_runner(const std::string& name, const std::string& dsp_path, const StaticBuild& build,
                                      const std::string& cache, double sample_rate, std::string& problem) {
  const Recipe recipe = recipe_for(dsp_path, build, cache);
  const double ms = build_library(recipe, problem);
  if (ms < 0) return nullptr;
  std::unique_ptr<Runner> made = load(name, recipe.stem + ".so", sample_rate, problem);
  if (made) made->compile_ms = ms;
  return made;
}

}  // namespace sinter::peers
