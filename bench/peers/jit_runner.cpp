// libfaust's just-in-time side.
#include <faust/dsp/libfaust.h>
#include <faust/dsp/llvm-dsp.h>

#include <fstream>
#include <sstream>

#include "runner.hpp"
#include "statistics.hpp"

namespace sinter::peers {
namespace {

class JitRunner final : public Runner {
 public:
  JitRunner(std::string its_name, llvm_dsp_factory* factory, int sample_rate)
      : Runner(Side::jit, std::move(its_name)), factory_(factory), instance_(factory->createDSPInstance()) {
    if (!instance_) return;
    instance_->init(sample_rate);
    inputs = static_cast<uint32_t>(instance_->getNumInputs());
    outputs = static_cast<uint32_t>(instance_->getNumOutputs());
  }
  ~JitRunner() override {
    delete instance_;
    deleteDSPFactory(factory_);
  }
  bool ok() const { return instance_; }
  void clear() override { instance_->instanceClear(); }
  void run(const std::vector<const float*>& in, const std::vector<float*>& out, uint32_t frames) noexcept override {
    // Its signature knows no const; it writes no input.
    instance_->compute(static_cast<int>(frames), const_cast<float**>(in.data()), const_cast<float**>(out.data()));
  }

 private:
  llvm_dsp_factory* factory_;
  llvm_dsp* instance_;
};

}  // namespace

std::unique_ptr<Runner> jit_runner(const std::string& name, const std::string& dsp_path,
                                   const std::vector<std::string>& options, double sample_rate, int compiles,
                                   std::string& problem) {
  constexpr int kHighestLevel = -1;
  std::stringstream text;
  if (!(text << std::ifstream(dsp_path).rdbuf())) return problem = dsp_path + " cannot be read", nullptr;
  std::vector<const char*> arguments;
  for (const std::string& option : options) arguments.push_back(option.c_str());
  std::vector<double> times;
  llvm_dsp_factory* factory = nullptr;
  std::string message;
  for (int k = 0; k < compiles; ++k) {
    // Equal programs share one factory for as long as it lives: the next would cost nothing.
    if (factory) deleteDSPFactory(factory);
    const double before = now_ns();
    factory = createDSPFactoryFromString("peer", text.str(), static_cast<int>(arguments.size()), arguments.data(), "",
                                         message, kHighestLevel);
    times.push_back((now_ns() - before) * 1e-6);
    if (!factory) return problem = dsp_path + ": " + name + ": " + message, nullptr;
  }
  auto made = std::make_unique<JitRunner>(name, factory, static_cast<int>(sample_rate));
  if (!made->ok()) return problem = dsp_path + ": " + name + ": libfaust made no instance", nullptr;
  made->compile_ms = median(times);
  return made;
}

std::string jit_version() {
  return "libfaust " + std::string(getCLibFaustVersion()) + ", compiling for " + getDSPMachineTarget();
}

}  // namespace sinter::peers
