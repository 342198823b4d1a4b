// sinter inspect: a patch at each stage of the compiler.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "inspect_report.hpp"
#include "sinter/compile/report.hpp"
#include "sinter/host/build_patch.hpp"
#include "sinter/host/command.hpp"
#include "sinter/host/dot.hpp"
#include "sinter/host/json.hpp"
#include "sinter/host/terminal.hpp"

namespace sinter::host {
namespace {

struct Options {
  std::string patch, stage = "report", backend;
  uint32_t rate = 48'000;
  bool dot = false, strict = false, json = false;
};

// Lines of print(ir) by the inst they define; others stay empty.
std::vector<std::string> ir_lines(const Ir& ir) {
  std::vector<std::string> lines(ir.size());
  const std::string text = print(ir);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const size_t percent = line.find('%');
    if (percent == std::string::npos || line.find_first_not_of(' ') != percent) continue;
    const unsigned long index = std::strtoul(line.c_str() + percent + 1, nullptr, 10);
    if (index < lines.size()) lines[index] = line.substr(percent);
  }
  return lines;
}

std::string listing_text(const Compiled& compiled, bool colour) {
  const std::vector<std::string> source = ir_lines(compiled.ir);
  std::string all;
  uint32_t last = UINT32_MAX;
  for (const ListingLine& line : compiled.listing) {
    if (line.inst != last && line.inst < source.size()) {
      const std::string& path = compiled.ir.origins[compiled.ir.origin[line.inst]];
      all += toned("; " + source[line.inst] + (path.empty() ? "" : "    (" + path + ")"), Tone::dim, colour) + "\n";
    }
    last = line.inst;
    all += "    " + line.text + "\n";
  }
  return all;
}

std::string summary(const Built& built, bool colour) {
  const Compiled& compiled = built.compiled;
  const CompileTimes& times = compiled.times;
  std::string text = "\n" + toned(built.backend, Tone::green, colour) + ": compiled in " +
                     time_text(times.total() * 1e-6) + " (lower " + time_text(times.lower * 1e-6) + ", passes " +
                     time_text(times.passes * 1e-6) + ", plan " + time_text(times.plan * 1e-6) + ", emit " +
                     time_text(times.emit * 1e-6) + "), " + count_text(compiled.ir.size()) + " IR values";
  if (compiled.code_bytes) text += ", " + bytes_text(compiled.code_bytes) + " of machine code";
  text += ", " + bytes_text(compiled.program->layout.memory_bytes()) + " of memory";
  if (compiled.program->layout.latency_frames)
    text += ", latency " + count_text(compiled.program->layout.latency_frames) + " frames";
  return text + "\n";
}

void write_summary(Json& json, const Built& built) {
  const CompileTimes& times = built.compiled.times;
  json.field("backend", built.backend)
      .key("compile_us")
      .object()
      .field("lower", times.lower)
      .field("passes", times.passes);
  json.field("plan", times.plan).field("emit", times.emit).field("total", times.total()).end();
  json.field("ir_values", built.compiled.ir.size()).field("code_bytes", built.compiled.code_bytes);
  json.field("memory_bytes", built.compiled.program->layout.memory_bytes());
  json.field("latency_frames", built.compiled.program->layout.latency_frames)
      .field("tail_seconds", built.compiled.program->layout.tail_seconds);
}

void write_listing(Json& json, const Compiled& compiled) {
  json.key("listing").array();
  for (const ListingLine& line : compiled.listing) {
    json.object().key("inst");
    if (line.inst < compiled.ir.size())
      json.value(line.inst).field("path", compiled.ir.origins[compiled.ir.origin[line.inst]]);
    else json.null();
    json.field("text", line.text).end();
  }
  json.end();
}

int show_graph(const Graph& graph, const CompileReport* report, const Options& options) {
  const std::string text = options.dot ? dot_text(graph, standard_nodes(), report) : write_patch(graph);
  if (!options.json) {
    std::fputs(text.c_str(), stdout);
    return kOk;
  }
  Json json;
  json.object().field("ok", true).field("stage", "graph").field(options.dot ? "dot" : "patch", text);
  std::fputs(json.end().text().c_str(), stdout);
  return kOk;
}

std::string stage_text(const Built& built, const CompileReport& report, const std::string& stage, bool colour) {
  if (stage == "ir") return print(built.compiled.ir);
  if (stage == "plan") return print(built.compiled.ir, built.compiled.plan);
  if (stage == "asm") return listing_text(built.compiled, colour);
  return report_text(report, built.compiled.ir.sample_rate, colour) + summary(built, colour);
}

int show(const Built& built, const CompileReport& report, const Options& options) {
  if (!options.json) {
    std::fputs(stage_text(built, report, options.stage, wants_colour(stdout)).c_str(), stdout);
    return kOk;
  }
  Json json;
  json.object().field("ok", true).field("stage", options.stage);
  write_summary(json, built);
  if (options.stage == "report") write_report(json, report);
  else if (options.stage == "asm") write_listing(json, built.compiled);
  else json.field("text", stage_text(built, report, options.stage, false));
  write_errors(json, "warnings", built.warnings);
  std::fputs(json.end().text().c_str(), stdout);
  return kOk;
}

int run(const Options& options) {
  std::vector<Error> warnings;
  const Result<Graph> graph = load_patch(options.patch, &warnings);
  if (!graph) return fail(graph.errors(), options.json);
  print_errors(warnings);
  if (options.stage == "graph" && !options.dot) return show_graph(*graph, nullptr, options);
  BuildRequest request{.sample_rate = static_cast<double>(options.rate),
                       .strict = options.strict,
                       .listing = options.stage == "asm",
                       .backend = options.backend};
  // There is no listing of an interpreter.
  if (options.stage == "asm" && options.backend.empty()) request.mode = Mode::jit;
  const Result<Built> built = build_patch(*graph, request);
  if (!built) return fail(built.errors(), options.json);
  print_errors(built->warnings);
  if (options.stage == "asm" && built->compiled.listing.empty())
    return fail(
        {{.code = Errc::usage, .message = "'" + built->backend + "' makes no machine code; name another --backend"}},
        options.json);
  const CompileReport report =
      make_report(*graph, standard_nodes(), built->compiled.ir, built->compiled.plan, samples_per_op(built->backend));
  return options.dot ? show_graph(*graph, &report, options) : show(*built, report, options);
}

}  // namespace

void add_inspect(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  app.add_option("PATCH", options->patch, "The patch file")->required();
  app.add_option("--stage", options->stage,
                 "graph: the patch as understood; ir: its formulas after the passes; plan: loops and buffers; asm: "
                 "machine code with the IR it came from; report: what became of each node and recurrence")
      ->check(CLI::IsMember({"graph", "ir", "plan", "asm", "report"}))
      ->capture_default_str();
  app.add_flag("--dot", options->dot, "The graph for Graphviz, coloured by strategy");
  app.add_option("--backend", options->backend, "Compiles for this one (default: the widest)")
      ->check(CLI::IsMember({"reference", "interpreter", "sse", "avx2", "avx512"}));
  app.add_option("--rate", options->rate, "Sample rate in Hz")
      ->check(CLI::Range(8'000, 768'000))
      ->capture_default_str();
  app.add_flag("--strict", options->strict, "The same bits on every backend and machine");
  app.add_flag("--json", options->json, "As JSON");
  app.footer(
      "Examples:\n  sinter inspect echo.json\n  sinter inspect echo.json --stage asm --backend avx2 | less\n  sinter "
      "inspect echo.json --dot | dot -Tsvg -o echo.svg");
  app.callback([options, &result] { result = run(*options); });
}

}  // namespace sinter::host
