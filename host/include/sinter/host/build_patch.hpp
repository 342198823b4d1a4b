// From a patch file and what the user asked for to a compiled program: --mode, --backend, --strict, --rate.
#pragma once

#include <string>
#include <vector>

#include "sinter/sinter.hpp"

namespace sinter::host {

/// Which executor may run.
enum class Mode : uint8_t {
  automatic,  ///< the widest machine code, the interpreter where that is refused
  jit,        ///< machine code or an error
  interpret,  ///< the block interpreter
  hybrid,     ///< starts on the interpreter while machine code is made; rendering a file, the same as automatic
};
bool parse_mode(std::string_view text, Mode& mode);

struct BuildRequest {
  double sample_rate = 48'000;
  bool strict = false;
  bool listing = false;
  Mode mode = Mode::automatic;
  std::string backend;  ///< empty: the mode decides
};

struct Built {
  Compiled compiled;
  std::string backend;          ///< what runs it
  std::vector<Error> warnings;  ///< of compiling, and that machine code was refused
};

/// The patch file with every node type that ships. Errors as read_patch_file().
Result<Graph> load_patch(const std::string& path, std::vector<Error>* warnings);

/// Compiles for the backend that mode and name ask for. Errors: of the patch; usage where they contradict each other;
/// no_machine_code where this machine or build lacks what was asked for. Control thread.
Result<Built> build_patch(const Graph& graph, const BuildRequest& request);

}  // namespace sinter::host
