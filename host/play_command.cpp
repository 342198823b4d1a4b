// sinter play: its command line.
#include <CLI/CLI.hpp>

#include "sinter/host/command.hpp"
#include "sinter/host/play.hpp"
#include "sinter/sinter.hpp"

namespace sinter::host {
namespace {

struct Options {
  PlayRequest request;
  std::vector<std::string> parameters;
  std::string seconds, bits = "24", mode = "hybrid";
  uint32_t rate = 0;
};

void complete(Options& options) {
  PlayRequest& request = options.request;
  for (const std::string& text : options.parameters) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) throw CLI::ValidationError("--set", "'" + text + "' is not id=value");
    request.parameters.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  request.rate = options.rate;
  if (!options.seconds.empty()) {
    const GraphParam length{.id = "--seconds", .maximum = 1e6, .unit = Unit::seconds};
    const Result<double> seconds = parse_parameter(length, options.seconds, 48'000);
    if (!seconds) throw CLI::ValidationError("--seconds", seconds.error().message);
    request.seconds = *seconds;
  }
  parse_sample_format(options.bits, request.format);
  parse_mode(options.mode, request.mode);
}

constexpr const char* kExamples = R"(Examples:
  sinter play warm_echo.json
  sinter play warm_echo.json --input-file voice.wav --record wet.wav
  sinter play organ.json --demo --out 3 --block 64
  sinter play drone.json --out system --json --seconds 10

While it plays, edit the file: it is compiled and swapped in as it is saved.
Keys: q or Ctrl-C ends, arrows choose and turn a parameter; a w s e d f t g y h u j k play notes, z x change the
octave, c v the velocity, space ends all notes.)";

void add_devices_and_sound(CLI::App& app, Options& options) {
  PlayRequest& request = options.request;
  app.add_option("--in", request.input, "Input device: number or part of the name, see `sinter devices`");
  app.add_option("--out", request.output, "Output device");
  app.add_option("--rate", options.rate, "Sample rate in Hz (default: the device's own)")
      ->check(CLI::Range(8'000, 768'000));
  app.add_option("--block", request.block, "Frames per callback (default: as the driver likes)")
      ->check(CLI::Range(1, 1 << 16));
  app.add_option("--input-file", request.loop, "An audio file, over and over, instead of the input device")
      ->type_name("FILE");
  app.add_flag("--demo", request.demo, "Plays a phrase: chords and a melody, pedal and bend");
  app.add_option("--record", request.record, "Records what is heard")->type_name("FILE");
  app.add_option("--bits", options.bits, "Sample format of the recording")
      ->check(CLI::IsMember({"16", "24", "32f"}))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "Ends after this time (default: when it is told to)")->type_name("TIME");
}

}  // namespace

void add_play(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  PlayRequest& request = options->request;
  app.add_option("PATCH", request.patch, "The patch file")->required();
  add_devices_and_sound(app, *options);
  app.add_option("--set", options->parameters, "Value of a parameter: a number, a quantity (350ms, -6dB) or a choice")
      ->allow_extra_args(false)
      ->type_name("ID=VALUE");
  app.add_flag("--watch,!--no-watch", request.watch, "Compiles the patch again when a file of it changes (default)");
  app.add_flag("--guard,!--no-guard", request.guard,
               "Keeps the output below full scale and mutes what runs away (default)");
  app.add_option("--mode", options->mode,
                 "hybrid: the interpreter at once, machine code when it is ready; auto: machine code, else the "
                 "interpreter; jit: machine code or exit 3")
      ->check(CLI::IsMember({"auto", "jit", "interpret", "hybrid"}))
      ->capture_default_str();
  app.add_option("--backend", request.backend, "One executor by name")
      ->check(CLI::IsMember({"reference", "interpreter", "sse", "avx2", "avx512"}));
  app.add_flag("--strict", request.strict, "The same bits on every backend and machine");
  app.add_flag("--json", request.json, "JSON lines: events, figures once a second, a summary");
  app.add_flag("--verbose", request.verbose, "Also what audio drivers print");
  app.footer(kExamples);
  app.callback([options, &result] {
    complete(*options);
    result = play(options->request);
  });
}

}  // namespace sinter::host
