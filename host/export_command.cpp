// sinter export: a patch as one C++ header.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "output_file.hpp"
#include "sinter/export/export.hpp"
#include "sinter/host/build_patch.hpp"
#include "sinter/host/command.hpp"
#include "sinter/host/json.hpp"
#include "sinter/host/terminal.hpp"

namespace sinter::host {
namespace {

struct Options {
  std::string patch, cpp, name_space;
  uint32_t rate = 48'000;
  bool json = false;
};

Error cannot_write(const std::string& path) {
  return {.code = Errc::cannot_write,
          .message = std::string("cannot be written: ") + std::strerror(errno),
          .place = {.file = path}};
}

// Whole or not at all.
std::optional<Error> write_file(const std::string& path, const std::string& text) {
  if (is_stream(path)) return write_stream(path, text);
  OutputFile file;
  if (std::optional<Error> error = file.create(path)) return error;
  for (size_t at = 0; at < text.size();) {
    const ssize_t written = write(file.descriptor(), text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot_write(path);
    at += static_cast<size_t>(written);
  }
  if (std::optional<Error> error = file.sync()) return error;
  return file.publish();
}

int run(const Options& options) {
  if (options.json && options.cpp == "-")
    return fail({{.code = Errc::usage, .message = "--json and --cpp - both write to standard output; give one a file"}},
                false);
  std::vector<Error> warnings, more;
  const Result<Graph> graph = load_patch(options.patch, &warnings);
  if (!graph) return fail(graph.errors(), options.json);
  const Result<std::string> header = export_cpp(*graph,
                                                {.sample_rate = static_cast<double>(options.rate),
                                                 .name_space = options.name_space,
                                                 .library = &standard_nodes()},
                                                &more);
  warnings.insert(warnings.end(), more.begin(), more.end());
  print_errors(warnings);
  if (!header) return fail(header.errors(), options.json);
  if (const std::optional<Error> error = write_file(options.cpp, *header)) return fail({*error}, options.json);
  if (!options.json) return kOk;
  Json json;
  json.object().field("ok", true).field("cpp", options.cpp).field("sample_rate", options.rate);
  json.field("bytes", static_cast<uint64_t>(header->size()));
  write_errors(json, "warnings", warnings);
  std::fputs(json.end().text().c_str(), stdout);
  return kOk;
}

}  // namespace

void add_export(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  app.add_option("PATCH", options->patch, "The patch file")->required();
  app.add_option("--cpp", options->cpp, "The header to write, C++17 without dependencies; - is standard output")
      ->required();
  app.add_option("--rate", options->rate, "Sample rate in Hz, the only one that the header is for")
      ->check(CLI::Range(8'000, 768'000))
      ->capture_default_str();
  app.add_option("--namespace", options->name_space, "Of the header, a::b too (default: from the patch's name)");
  app.add_flag("--json", options->json, "As JSON; not with --cpp -");
  app.footer(
      "Examples:\n  sinter export echo.json --cpp echo.hpp\n  sinter export echo.json --cpp - --rate 44100 | less");
  app.callback([options, &result] { result = run(*options); });
}

}  // namespace sinter::host
