// From a patch file and what the user asked for to a compiled program: --mode, --backend, --strict, --rate.
#pragma once

#include <string>
#include <vector>

#include "sinter/sinter.hpp"

namespace sinter::host {

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

/// The backend that mode and name ask for. Errors: usage where they contradict each other; no_machine_code where this
/// machine or build lacks it.
Result<const Backend*> choose_backend(const BuildRequest& request);

/// The patch file with every node type that ships. Errors as read_patch_file().
Result<Graph> load_patch(const std::string& path, std::vector<Error>* warnings);

/// Compiles for the backend that mode and name ask for. Errors: of the patch; usage where they contradict each other;
/// no_machine_code where this machine or build lacks what was asked for. Control thread.
Result<Built> build_patch(const Graph& graph, const BuildRequest& request);

}  // namespace sinter::host
