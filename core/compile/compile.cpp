// The compiler's story on one page.
#include "sinter/compile/compile.hpp"

#include <chrono>

#include "sinter/interpret/interpret.hpp"
#include "sinter/passes/passes.hpp"

namespace sinter {
namespace {

// Microseconds since the last call.
class Stopwatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const double us = std::chrono::duration<double, std::micro>(now - last_).count();
    last_ = now;
    return us;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

Result<Code> generate(const Ir& ir, const Plan& plan, const CompileOptions& options) {
  if (options.backend && options.f64 && options.backend->name() != "reference")
    return Error{Errc::no_machine_code, std::string(options.backend->name()),
                 "double precision runs on the reference interpreter only"};
  if (options.backend) return options.backend->compile(ir, plan, options.listing);
  Code code;
  code.executor = options.f64 ? make_reference(ir, plan) : make_block_interpreter(ir, plan);
  return code;
}

}  // namespace

Result<Compiled> compile(const Graph& graph, const CompileOptions& options) {
  Stopwatch watch;
  std::vector<Error> warnings;
  Result<Ir> ir = lower(graph, options, &warnings);
  if (!ir) return ir.errors();
  const double lowered = watch.lap();
  Result<Compiled> compiled = compile(std::move(*ir), options);
  if (!compiled) return compiled;
  compiled->times.lower = lowered;
  compiled->warnings = std::move(warnings);
  return compiled;
}

Result<Compiled> compile(Ir ir, const CompileOptions& options) {
  Stopwatch watch;
  Compiled made;
  const bool fuse = !options.strict && options.backend && options.backend->fuses_mul_add();
  made.ir = run_passes(std::move(ir), {.strict = options.strict, .fuse_mul_add = fuse});
  made.times.passes = watch.lap();

  Result<Plan> plan = make_plan(made.ir);
  if (!plan) return plan.errors();
  made.plan = std::move(*plan);
  made.times.plan = watch.lap();

  Result<Code> code = generate(made.ir, made.plan, options);
  if (!code) return code.errors();
  auto program = std::make_shared<Program>();
  program->executor = std::move(code->executor);
  program->control = make_control(made.ir, made.plan);
  program->layout = made.plan.layout;
  program->row_sources = made.plan.row_sources;
  program->reads_input_late = made.plan.reads_input_late;
  made.program = std::move(program);
  made.listing = std::move(code->listing);
  made.code_bytes = code->bytes;
  made.times.emit = watch.lap();
  return made;
}

}  // namespace sinter
