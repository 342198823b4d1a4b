// Joins the rooms: which backends this build has, and compiling with the standard nodes.
#include "sinter/sinter.hpp"

#include "sinter/base/poll.hpp"
#include "sinter/interpret/interpret.hpp"
#include "sinter/nodes/nodes.hpp"

#ifdef SINTER_JIT
#include "sinter/jit/jit.hpp"
#endif

namespace sinter {
namespace {

class InterpreterBackend final : public Backend {
 public:
  using Make = std::unique_ptr<const Executor> (*)(const Ir&, const Plan&, const std::function<bool()>*);
  InterpreterBackend(std::string_view name, Make make) : name_(name), make_(make) {}
  std::string_view name() const override { return name_; }
  bool available() const override { return true; }
  bool fuses_mul_add() const override { return false; }
  Result<Code> compile(const Ir& ir, const Plan& plan, bool, const std::function<bool()>* cancelled) const override {
    Code code;
    code.executor = make_(ir, plan, cancelled);
    if (!code.executor) return cancelled_error();
    return code;
  }

 private:
  std::string_view name_;
  Make make_;
};

}  // namespace

const std::vector<const Backend*>& backends() {
  static const InterpreterBackend reference("reference", make_reference);
  static const InterpreterBackend interpreter("interpreter", make_block_interpreter);
  static const std::vector<const Backend*> all = [] {
    std::vector<const Backend*> list = {&reference, &interpreter};
#ifdef SINTER_JIT
    for (const Backend* backend : jit_backends()) list.push_back(backend);
#endif
    return list;
  }();
  return all;
}

const Backend* find_backend(std::string_view name) {
  for (const Backend* backend : backends())
    if (backend->name() == name) return backend;
  return nullptr;
}

const Backend& best_backend() {
  const Backend* best = backends()[1];
  for (const Backend* backend : backends())
    if (backend->available() && backend->name() != "reference") best = backend;
  return *best;
}

Result<Compiled> compile_patch(const Graph& graph, CompileOptions options) {
  if (!options.library) options.library = &standard_nodes();
  if (!options.backend) options.backend = &best_backend();
  return compile(graph, options);
}

std::unique_ptr<Session> open_session(SessionOptions options) {
  if (!options.library) options.library = &standard_nodes();
  if (!options.interpreter) options.interpreter = find_backend("interpreter");
  const Backend& best = best_backend();
  if (!options.machine_code && best.name() != "interpreter") options.machine_code = &best;
  return std::make_unique<Session>(options);
}

const char* version() { return "0.1.0"; }

}  // namespace sinter
