// Sinter's side: a patch in an engine, as a host would call it.
#include "runner.hpp"
#include "statistics.hpp"

namespace sinter::peers {
namespace {

class SinterRunner final : public Runner {
 public:
  SinterRunner(std::string its_name, std::shared_ptr<const Program> program)
      : Runner(Side::sinter, std::move(its_name)) {
    inputs = program->layout.input_channels;
    outputs = program->layout.output_channels;
    engine_.prepare(std::move(program));
  }
  void clear() override { engine_.reset(); }
  void run(const std::vector<const float*>& in, const std::vector<float*>& out, uint32_t frames) noexcept override {
    engine_.process(in, out, frames);
  }

 private:
  Engine engine_;
};

}  // namespace

std::unique_ptr<Runner> sinter_runner(const std::string& patch_path, const Backend& backend, double sample_rate,
                                      bool f64, std::string& problem) {
  constexpr int kCompiles = 5;
  CompileOptions options;
  options.sample_rate = sample_rate;
  options.backend = &backend;
  options.f64 = f64;
  std::vector<double> times;
  std::shared_ptr<const Program> program;
  for (int k = 0; k < (f64 ? 1 : kCompiles); ++k) {
    const double before = now_ns();
    const Result<Graph> graph = read_patch_file(patch_path, standard_nodes());
    if (!graph) return problem = format(graph.error()), nullptr;
    const Result<Compiled> compiled = compile_patch(*graph, options);
    if (!compiled) return problem = format(compiled.error()), nullptr;
    times.push_back((now_ns() - before) * 1e-6);
    program = compiled->program;
  }
  std::unique_ptr<Runner> made = std::make_unique<SinterRunner>(std::string(backend.name()), std::move(program));
  made->compile_ms = median(times);
  return made;
}

}  // namespace sinter::peers
