// sinter explain: the table of error codes.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "sinter/host/command.hpp"
#include "sinter/host/json.hpp"
#include "sinter/host/terminal.hpp"

namespace sinter::host {
namespace {

struct Options {
  std::string code;
  bool json = false;
};

void write(Json& json, Errc code) {
  json.object()
      .field("code", error_name(code))
      .field("meaning", error_text(code))
      .field("mend", error_mend(code))
      .end();
}

std::vector<Errc> all_codes() {
  std::vector<Errc> all;
#define SINTER_ERROR(name, text, mend) all.push_back(Errc::name);
#include "sinter/base/errors.def"
#undef SINTER_ERROR
  return all;
}

int list(bool as_json) {
  Table table({"code", "meaning"}, {});
  Json json;
  json.array();
  for (Errc code : all_codes()) {
    table.add({std::string(error_name(code)), std::string(error_text(code))});
    write(json, code);
  }
  std::fputs((as_json ? json.end().text() : table.text(wants_colour(stdout))).c_str(), stdout);
  return kOk;
}

int run(const Options& options) {
  if (options.code.empty()) return list(options.json);
  Errc code{};
  if (!parse_error_name(options.code, code))
    return fail({{.code = Errc::usage,
                  .message = "there is no error code '" + options.code + "'; `sinter explain` lists them"}},
                options.json);
  if (options.json) {
    Json json;
    write(json, code);
    std::fputs(json.text().c_str(), stdout);
    return kOk;
  }
  const bool colour = wants_colour(stdout);
  std::printf("%s\n  What it means  %s.\n  How to mend    %s.\n", toned(options.code, Tone::bold, colour).c_str(),
              std::string(error_text(code)).c_str(), std::string(error_mend(code)).c_str());
  return kOk;
}

}  // namespace

void add_explain(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  app.add_option("CODE", options->code,
                 "A code as it stands in brackets: error[channel_mismatch]; without it all are listed");
  app.add_flag("--json", options->json, "As JSON");
  app.callback([options, &result] { result = run(*options); });
}

}  // namespace sinter::host
