// `make demo`: a table in the terminal, WAV files, and demo.html.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "demo.hpp"
#include "sinter/host/terminal.hpp"

namespace {

using namespace sinter;
using namespace sinter::host;

// Loops of the Debian package sonic-pi-samples (CC0).
const std::string kSamples = "/usr/share/sonic-pi/samples/";

const std::vector<DemoItem> kItems = {
    {"saturator", kSamples + "guit_em9.flac", 8},           {"warm_echo", kSamples + "loop_tabla.flac", 8},
    {"channel_strip", kSamples + "loop_amen_full.flac", 7}, {"struck_bars", kSamples + "loop_industrial.flac", 6},
    {"auto_wah", kSamples + "loop_electric.flac", 8},       {"room", kSamples + "loop_compus.flac", 7},
};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 100 ? "%.2f" : "%.0f", value);
  return text;
}

void print_result(const DemoResult& result) {
  std::printf("\n%s (examples/%s.json): %zu nodes, graph to machine code %s (%s)\n", result.graph.name.c_str(),
              result.item.patch.c_str(), result.graph.nodes.size(), time_text(result.compile_us * 1e-6).c_str(),
              result.backend.c_str());
  uint32_t index = 0;
  for (const StepReport& step : result.report.steps) {
    std::string names;
    for (const std::string& node : step.nodes) names += (names.empty() ? "" : " + ") + node;
    std::printf("  loop %u, %s: %s\n", index++, std::string(name(step.kind)).c_str(), names.c_str());
  }
  Table table({"executor", "ns per frame", "× real time"},
              {Table::Align::left, Table::Align::right, Table::Align::right});
  for (const Speed& speed : result.speeds)
    table.add({speed.name, number(speed.ns_per_frame),
               count_text(static_cast<uint64_t>(1e9 / result.sample_rate / speed.ns_per_frame))});
  std::fputs(table.text(wants_colour(stdout)).c_str(), stdout);
  std::printf("  the textbook loop agrees to %.0f dB\n", result.agreement_db);
  std::printf("  %s → %s\n", result.item.recording.c_str(), result.wav.c_str());
}

int run(const std::string& folder) {
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  std::vector<DemoResult> results;
  for (const DemoItem& item : kItems) {
    Result<DemoResult> result = run_item(item, SINTER_EXAMPLES_DIR, folder);
    if (!result) {
      print_errors(result.errors());
      return 1;
    }
    print_result(*result);
    results.push_back(std::move(*result));
  }
  const std::string page = folder + "/demo.html";
  if (const Result<bool> written = write_page(results, SINTER_PAGE_TEMPLATE, page); !written) {
    print_errors(written.errors());
    return 1;
  }
  std::printf("\nListen, look and read on in %s\n", page.c_str());
  return 0;
}

}  // namespace

int main(int count, char** arguments) { return run(count > 1 ? arguments[1] : "demo"); }
