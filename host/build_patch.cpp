// Chooses the backend and compiles.
#include "sinter/host/build_patch.hpp"

#include <algorithm>

namespace sinter::host {
namespace {

bool is_interpreter(std::string_view backend) { return backend == "interpreter" || backend == "reference"; }

Error no_machine_code(const std::string& message) { return {.code = Errc::no_machine_code, .message = message}; }

std::string available_backends() {
  std::string all;
  for (const Backend* backend : backends())
    if (backend->available()) all += (all.empty() ? "" : " ") + std::string(backend->name());
  return all;
}

Result<const Backend*> named_backend(const BuildRequest& request) {
  if (request.mode == Mode::jit && is_interpreter(request.backend))
    return Error{.code = Errc::usage,
                 .message = "--mode jit asks for machine code, --backend " + request.backend + " has none"};
  if (request.mode == Mode::interpret && !is_interpreter(request.backend))
    return Error{.code = Errc::usage,
                 .message = "--mode interpret asks for no machine code, --backend " + request.backend + " is"};
  const Backend* backend = find_backend(request.backend);
  if (!backend)
    return no_machine_code("this build has no backend '" + request.backend + "'; it has: " + available_backends());
  if (!backend->available())
    return no_machine_code("this processor cannot run '" + request.backend + "'; it can run: " + available_backends());
  return backend;
}

bool refused(const std::vector<Error>& errors) {
  return std::any_of(errors.begin(), errors.end(), [](const Error& e) { return e.code == Errc::no_machine_code; });
}

}  // namespace

Result<const Backend*> choose_backend(const BuildRequest& request) {
  if (!request.backend.empty()) return named_backend(request);
  if (request.mode == Mode::interpret) return find_backend("interpreter");
  const Backend* best = &best_backend();
  if (request.mode == Mode::jit && is_interpreter(best->name()))
    return no_machine_code("this build or processor has no machine code backend; use --mode auto");
  return best;
}

Result<Graph> load_patch(const std::string& path, std::vector<Error>* warnings) {
  return read_patch_file(path, standard_nodes(), warnings);
}

Result<Built> build_patch(const Graph& graph, const BuildRequest& request) {
  const Result<const Backend*> backend = choose_backend(request);
  if (!backend) return backend.errors();
  CompileOptions options;
  options.sample_rate = request.sample_rate;
  options.strict = request.strict;
  options.listing = request.listing;
  options.backend = *backend;
  Result<Compiled> compiled = compile_patch(graph, options);
  const bool may_fall_back = request.backend.empty() && request.mode != Mode::jit && request.mode != Mode::interpret;
  std::vector<Error> warnings;
  if (!compiled && refused(compiled.errors()) && may_fall_back) {
    warnings = compiled.errors();
    for (Error& warning : warnings) {
      warning.warning = true;
      warning.message += "; running on the interpreter";
    }
    options.backend = find_backend("interpreter");
    compiled = compile_patch(graph, options);
  }
  if (!compiled) return compiled.errors();
  Built built{.compiled = std::move(*compiled),
              .backend = std::string(options.backend->name()),
              .warnings = std::move(warnings)};
  built.warnings.insert(built.warnings.end(), built.compiled.warnings.begin(), built.compiled.warnings.end());
  return built;
}

}  // namespace sinter::host
