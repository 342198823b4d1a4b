// One way to run one program: Sinter on a backend, libfaust's just-in-time code, or C++ that Faust wrote. All are
// created, compared and timed through this.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sinter/sinter.hpp"

namespace sinter::peers {

enum class Side : uint8_t { sinter, jit, compiled };

class Runner {
 public:
  Runner(Side its_side, std::string its_name) : side(its_side), name(std::move(its_name)) {}
  virtual ~Runner() = default;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// All that is remembered to its initial value.
  virtual void clear() = 0;
  /// One block; rows lie at 64-byte boundaries and do not overlap.
  virtual void run(const std::vector<const float*>& inputs, const std::vector<float*>& outputs,
                   uint32_t frames) noexcept = 0;

  const Side side;
  const std::string name;  ///< "avx512", "llvm -mcd 0", "g++ -vec -lv 1"
  uint32_t inputs = 0, outputs = 0;
  double compile_ms = 0;  ///< from text to something that can be called
};

// All of the following give null where something fails, and in `problem` what and why.

/// A patch on a backend, in fast mode. `f64`: in double precision, which only the reference interpreter has.
std::unique_ptr<Runner> sinter_runner(const std::string& patch_path, const Backend& backend, double sample_rate,
                                      bool f64, std::string& problem);

/// libfaust's LLVM backend at its highest level. `options` as on Faust's command line. `compiles`: how often, for the
/// median of compile_ms.
std::unique_ptr<Runner> jit_runner(const std::string& name, const std::string& dsp_path,
                                   const std::vector<std::string>& options, double sample_rate, int compiles,
                                   std::string& problem);

/// How a Faust program becomes a library.
struct StaticBuild {
  std::string compiler;                     ///< "g++", "clang++"
  std::vector<std::string> faust_options;   ///< of the program `faust`
  std::vector<std::string> compiler_flags;  ///< besides -std, -fPIC and -shared
};
/// C++ that `faust` writes and a compiler turns into a library, kept in `cache` (a folder, made where it is missing)
/// until program, options or tools change. build_static() stops before loading it, and may run on any thread, for
/// different libraries at once.
bool build_static(const std::string& dsp_path, const StaticBuild& build, const std::string& cache,
                  std::string& problem);
std::unique_ptr<Runner> static_runner(const std::string& name, const std::string& dsp_path, const StaticBuild& build,
                                      const std::string& cache, double sample_rate, std::string& problem);

/// True where a program of this name can be started.
bool is_installed(const std::string& program);
/// What libfaust and LLVM call themselves and this processor.
std::string jit_version();

}  // namespace sinter::peers
