// The compiler's story on one page.
#include "sinter/compile/compile.hpp"

#include <chrono>

#include "sinter/base/poll.hpp"
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

Result<Code> emit(const Ir& ir, const Plan& plan, const CompileOptions& options) {
  if (options.backend && options.f64 && options.backend->name() != "reference")
    return Error{Errc::no_machine_code, std::string(options.backend->name()),
                 "double precision runs on the reference interpreter only"};
  if (options.backend) return options.backend->compile(ir, plan, options.listing, options.cancelled);
  Code code;
  code.executor =
      options.f64 ? make_reference(ir, plan, options.cancelled) : make_block_interpreter(ir, plan, options.cancelled);
  if (!code.executor) return cancelled_error();
  return code;
}

Result<Compiled> generate_program(Ir ir, const CompileOptions& options) {
  Stopwatch watch;
  Compiled made;
  PlanOptions planning{.width = options.backend ? options.backend->width() : 0,
                       .strict = options.strict,
                       .cancelled = options.cancelled};
  Families families = pack_families(std::move(ir), planning);
  made.ir = std::move(families.ir);
  planning.names = &families.names;
  Result<Plan> plan = make_plan(made.ir, planning);
  if (!plan) return plan.errors();
  made.plan = std::move(*plan);
  made.times.plan = watch.lap();

  Result<Code> code = emit(made.ir, made.plan, options);
  if (!code) return code.errors();
  auto program = std::make_shared<Program>();
  program->executor = std::move(code->executor);
  program->control = make_control(made.ir, made.plan, options.cancelled);
  if (!program->control) return cancelled_error();
  program->layout = made.plan.layout;
  program->row_sources = made.plan.row_sources;
  program->reads_input_late = made.plan.reads_input_late;
  made.program = std::move(program);
  made.listing = std::move(code->listing);
  made.code_bytes = code->bytes;
  made.times.emit = watch.lap();
  return made;
}

Result<Compiled> compile_ir(Ir ir, const CompileOptions& options) {
  Stopwatch watch;
  const bool fuse = !options.strict && options.backend && options.backend->fuses_mul_add();
  const PassContext context{.strict = options.strict, .fuse_mul_add = fuse, .cancelled = options.cancelled};
  ir = run_passes(std::move(ir), context);
  if (Poll(options.cancelled).now()) return cancelled_error();
  const double passes = watch.lap();
  Result<Compiled> compiled = generate_program(std::move(ir), options);
  if (compiled) compiled->times.passes = passes;
  return compiled;
}

Result<Compiled> compile_graph(const Graph& graph, const CompileOptions& options) {
  Stopwatch watch;
  std::vector<Error> warnings;
  Result<Ir> ir = lower(graph, options, &warnings);
  if (!ir) return ir.errors();
  const double lowered = watch.lap();
  Result<Compiled> compiled = compile_ir(std::move(*ir), options);
  if (!compiled) return compiled;
  compiled->times.lower = lowered;
  compiled->warnings = std::move(warnings);
  return compiled;
}

}  // namespace

Result<Compiled> compile(const Graph& graph, const CompileOptions& options) {
  return or_out_of_memory([&] { return compile_graph(graph, options); });
}

Result<Compiled> compile(Ir ir, const CompileOptions& options) {
  return or_out_of_memory([&] { return compile_ir(std::move(ir), options); });
}

Result<Compiled> generate(Ir ir, const CompileOptions& options) {
  return or_out_of_memory([&] { return generate_program(std::move(ir), options); });
}

}  // namespace sinter
