// The commands of the sinter program: each file adds one to the table in main.cpp.
#pragma once

#include <vector>

#include "sinter/base/error.hpp"

namespace CLI {
class App;
}

namespace sinter::host {

/// What the process returns.
enum ExitCode : int {
  kOk = 0,
  kWrong = 1,    ///< the patch or the data is wrong
  kUsage = 2,    ///< the command line is
  kMachine = 3,  ///< this machine cannot: machine code refused, disk full, no audio device, no memory
};

/// The exit code that errors mean: the most telling of them, kOk for none but warnings.
int exit_code(const std::vector<Error>& errors);

/// Adds options and what runs to a sub-command; what runs leaves its exit code in `result`.
struct Command {
  const char* name;
  const char* summary;
  void (*add)(CLI::App& app, int& result);
};

void add_render(CLI::App& app, int& result);
void add_play(CLI::App& app, int& result);
void add_devices(CLI::App& app, int& result);
void add_inspect(CLI::App& app, int& result);
void add_export(CLI::App& app, int& result);
void add_nodes(CLI::App& app, int& result);
void add_validate(CLI::App& app, int& result);
void add_explain(CLI::App& app, int& result);
void add_bench(CLI::App& app, int& result);  ///< in builds with SINTER_BENCH

}  // namespace sinter::host
