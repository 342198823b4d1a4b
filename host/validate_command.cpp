// sinter validate: everything that is wrong with patches, without running them.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "sinter/host/build_patch.hpp"
#include "sinter/host/command.hpp"
#include "sinter/host/json.hpp"
#include "sinter/host/terminal.hpp"

namespace sinter::host {
namespace {

struct Options {
  std::vector<std::string> patches;
  uint32_t rate = 48'000;
  bool json = false;
};

struct Verdict {
  std::string path;
  std::vector<Error> errors, warnings;
};

// Reads and compiles for the interpreter: limits on memory and External nodes show only then.
Verdict check(const std::string& path, uint32_t rate) {
  Verdict verdict{.path = path};
  const Result<Graph> graph = load_patch(path, &verdict.warnings);
  if (!graph) {
    verdict.errors = graph.errors();
    return verdict;
  }
  const Result<Built> built = build_patch(*graph, {.sample_rate = static_cast<double>(rate), .mode = Mode::interpret});
  if (!built) verdict.errors = built.errors();
  else verdict.warnings.insert(verdict.warnings.end(), built->warnings.begin(), built->warnings.end());
  return verdict;
}

int run(const Options& options) {
  const bool colour = wants_colour(stdout);
  std::vector<Error> all;
  Json json;
  json.array();
  for (const std::string& path : options.patches) {
    const Verdict verdict = check(path, options.rate);
    print_errors(verdict.errors);
    print_errors(verdict.warnings);
    all.insert(all.end(), verdict.errors.begin(), verdict.errors.end());
    json.object().field("path", path).field("ok", verdict.errors.empty());
    write_errors(json, "errors", verdict.errors);
    write_errors(json, "warnings", verdict.warnings);
    json.end();
    if (options.json) continue;
    const std::string mark =
        verdict.errors.empty() ? toned("ok", Tone::green, colour) : toned("wrong", Tone::red, colour);
    std::printf("%s  %s\n", path.c_str(), mark.c_str());
  }
  if (options.json) std::fputs(json.end().text().c_str(), stdout);
  return exit_code(all);
}

}  // namespace

void add_validate(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  app.add_option("PATCH", options->patches, "Patch files")->required();
  app.add_option("--rate", options->rate, "Sample rate in Hz that memory is counted at")
      ->check(CLI::Range(8'000, 768'000))
      ->capture_default_str();
  app.add_flag("--json", options->json, "As JSON");
  app.footer("Examples:\n  sinter validate examples/*.json\n  sinter validate --json patch.json | jq .");
  app.callback([options, &result] { result = run(*options); });
}

}  // namespace sinter::host
