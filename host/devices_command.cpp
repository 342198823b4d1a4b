// sinter devices: what there is to play on and to record from.
#include <CLI/CLI.hpp>
#include <cmath>

#include "sinter/host/audio_device.hpp"
#include "sinter/host/command.hpp"
#include "sinter/host/json.hpp"
#include "sinter/host/terminal.hpp"

namespace sinter::host {
namespace {

constexpr const char* kNone = R"(There is no audio device.
  A sound card needs its driver and your right to use it (on Linux: group `audio`).
  Without a sound card, JACK plays into nothing:  jackd -r -d dummy &
  A JACK server under another name is found by:   JACK_DEFAULT_SERVER=NAME sinter devices
)";

std::string latency_text(double seconds) { return seconds > 0 ? time_text(seconds) : "-"; }

void print_text(const std::vector<AudioDevice>& devices) {
  if (devices.empty()) {
    std::fputs(kNone, stdout);
    return;
  }
  using enum Table::Align;
  Table table({"", "device", "system", "in", "out", "rate", "latency in", "out", "default"},
              {right, left, left, right, right, right, right, right, left});
  for (const AudioDevice& device : devices) {
    const std::string used = device.default_input && device.default_output ? "in, out"
                             : device.default_input                        ? "in"
                             : device.default_output                       ? "out"
                                                                           : "";
    table.add({std::to_string(device.index), device.name, device.api, std::to_string(device.inputs),
               std::to_string(device.outputs), count_text(static_cast<uint64_t>(std::lround(device.rate))) + " Hz",
               latency_text(device.inputs ? device.input_latency : 0),
               latency_text(device.outputs ? device.output_latency : 0), used});
  }
  std::fputs(table.text(wants_colour(stdout)).c_str(), stdout);
}

void print_json(const std::vector<AudioDevice>& devices) {
  Json json;
  json.object().field("ok", true).key("devices").array();
  for (const AudioDevice& device : devices) {
    json.object().field("index", static_cast<uint32_t>(device.index)).field("name", device.name);
    json.field("api", device.api).field("inputs", device.inputs).field("outputs", device.outputs);
    json.field("sample_rate", device.rate).field("input_latency", device.input_latency);
    json.field("output_latency", device.output_latency).field("default_input", device.default_input);
    json.field("default_output", device.default_output).end();
  }
  std::fputs(json.end().end().text().c_str(), stdout);
}

int run(bool json, bool verbose) {
  const Result<std::unique_ptr<AudioSystem>> system = AudioSystem::open(verbose);
  if (!system) return fail(system.errors(), json);
  if (json) print_json((*system)->devices());
  else print_text((*system)->devices());
  return kOk;
}

}  // namespace

void add_devices(CLI::App& app, int& result) {
  struct Options {
    bool json = false, verbose = false;
  };
  auto options = std::make_shared<Options>();
  app.add_flag("--json", options->json, "The list as JSON");
  app.add_flag("--verbose", options->verbose, "Also what audio drivers print");
  app.callback([options, &result] { result = run(options->json, options->verbose); });
}

}  // namespace sinter::host
