// The sinter program: a table of commands over CLI11.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>

#include "sinter/host/command.hpp"
#include "sinter/sinter.hpp"

namespace sinter::host {
namespace {

constexpr Command kCommands[] = {
    {"render", "Runs audio files through a patch", add_render},
    {"play", "Plays a patch on an audio device while you edit it", add_play},
    {"inspect", "Shows what a patch is compiled to, stage by stage", add_inspect},
    {"export", "Writes a patch as one C++ header", add_export},
    {"nodes", "Lists node types, or the ports of one", add_nodes},
    {"validate", "Checks patches without running them", add_validate},
#ifdef SINTER_BENCH
    {"bench", "Measures this machine: kernels, compile times, patches", add_bench},
#endif
    {"devices", "Lists audio devices", add_devices},
    {"explain", "Says what an error code means and how to mend it", add_explain},
};

constexpr const char* kExamples = R"(Examples:
  sinter render examples/warm_echo.json -i voice.wav -o wet.wav --set time=200ms
  sinter play examples/warm_echo.json
  sinter inspect examples/channel_strip.json --stage report
  sinter nodes lowpass
  sinter validate examples/*.json

Exit codes: 0 done, 1 the patch or the data is wrong, 2 the command line is, 3 this machine cannot.
Colour is left out where NO_COLOR is set. SINTER_TRACE=<pass>|plan|asm|all shows the compiler at work.)";

int run(int argc, char** argv) {
  CLI::App app("Sinter compiles audio patches to machine code and runs them.", "sinter");
  app.set_version_flag("--version", std::string("sinter ") + version());
  app.footer(kExamples);
  app.require_subcommand(1);
  int result = kOk;
  for (const Command& command : kCommands) command.add(*app.add_subcommand(command.name, command.summary), result);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version come this way too, with code 0.
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  return result;
}

}  // namespace

int exit_code(const std::vector<Error>& errors) {
  int code = kOk;
  for (const Error& error : errors) {
    if (error.warning) continue;
    if (error.code == Errc::usage) return kUsage;
    const bool machine = error.code == Errc::no_machine_code || error.code == Errc::cannot_write ||
                         error.code == Errc::no_device || error.code == Errc::out_of_memory;
    code = std::max<int>(code, machine ? kMachine : kWrong);
  }
  return code;
}

}  // namespace sinter::host

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error that gets a message
  return sinter::host::run(argc, argv);
}
