// Reading and compiling for a session; no engine in sight.
#include "build.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

namespace sinter {
namespace {

namespace fs = std::filesystem;

std::string whole_path(const fs::path& path) {
  std::error_code failed;
  const fs::path whole = fs::weakly_canonical(path, failed);
  if (!failed) return whole.string();
  return fs::absolute(path, failed).lexically_normal().string();
}

void add_files(const GraphBody& body, const std::string& folder, const NodeLibrary& library,
               std::vector<std::string>& files) {
  for (const Node& node : body.nodes) {
    const NodeDef* const def = library.find(node.type);
    for (const auto& [name, value] : node.settings) {
      const Setting* const setting = def ? def->setting(name) : nullptr;
      if (value.kind != SettingKind::file && (!setting || setting->kind != SettingKind::file)) continue;
      if (!value.text.empty()) files.push_back(whole_path(fs::path(folder) / value.text));
    }
  }
}

// Files of errors are watched too: mending one of them is what makes the patch good again.
std::vector<std::string> files_of(const PatchSource& source, const ReadPatch& read, const NodeLibrary& library) {
  std::vector<std::string> files;
  const auto* const text = std::get_if<PatchText>(&source);
  const auto add_shown = [&](const std::string& name) {
    if (name.empty()) return;
    if (!text) return files.push_back(whole_path(name));
    if (name == text->file_name || text->folder.empty()) return;
    // What a text imports is shown as if it lay beside the text's own name; it lies in the folder.
    const fs::path beside = fs::path(text->file_name).parent_path();
    files.push_back(whole_path(text->folder / fs::path(name).lexically_relative(beside.empty() ? "." : beside)));
  };
  if (const auto* path = std::get_if<PatchPath>(&source)) files.push_back(whole_path(path->path));
  for (const Error& error : read.errors) add_shown(error.place.file);
  if (read.graph) {
    if (read.graph->sources)
      for (const SourceMap::File& file : read.graph->sources->files) add_shown(file.path);
    add_files(*read.graph, read.graph->folder, library, files);
    for (const Definition& definition : read.graph->definitions)
      add_files(definition.body, read.graph->folder, library, files);
  }
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

Error no_machine_code(const char* message) { return {.code = Errc::no_machine_code, .message = message}; }

}  // namespace

ReadPatch read_source(const PatchSource& source, const NodeLibrary& library) {
  ReadPatch read;
  const auto take = [&](Result<Graph> graph) {
    if (graph) read.graph = std::make_shared<const Graph>(std::move(*graph));
    else read.errors = graph.errors();
  };
  if (const auto* text = std::get_if<PatchText>(&source))
    take(read_patch(text->text, text->file_name, text->folder, library, &read.warnings));
  else if (const auto* path = std::get_if<PatchPath>(&source))
    take(read_patch_file(path->path, library, &read.warnings));
  else {
    read.graph = std::get<std::shared_ptr<const Graph>>(source);
    read.errors = check(*read.graph, library, &read.warnings);
  }
  read.files = files_of(source, read, library);
  if (!read.errors.empty()) read.graph = nullptr;
  return read;
}

Build::Build(std::shared_ptr<const Graph> graph, const SessionOptions& options, double sample_rate,
             const std::function<bool()>& stop)
    : graph_(std::move(graph)), options_(options), sample_rate_(sample_rate), stop_(stop) {
  poll_ = [this] {
    const std::chrono::duration<double> used = spent_ + (Clock::now() - began_);
    late_ |= used.count() > options_.compile_budget_seconds;
    return late_ || (stop_ && stop_());
  };
}

const Backend* Build::machine_code() const {
  const bool wanted = options_.mode != Mode::interpret && options_.machine_code;
  return wanted && options_.machine_code->available() ? options_.machine_code : nullptr;
}

Error Build::stopped() const {
  if (!late_) return {.code = Errc::cancelled, .message = "a newer patch came before this one was compiled"};
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%g", options_.compile_budget_seconds);
  return {
      .code = Errc::cancelled,
      .message = "compiling took longer than " + std::string(seconds) + " s and was stopped; make the patch smaller"};
}

std::optional<std::vector<Error>> Build::lower_once() {
  if (lowered_) return {};
  CompileOptions options;
  options.sample_rate = sample_rate_;
  options.strict = options_.strict;
  options.library = options_.library;
  options.cancelled = &poll_;
  Result<Ir> ir = lower(*graph_, options, &warnings_);
  if (!ir) return ir.errors();
  lowered_ = std::move(*ir);
  return {};
}

// The passes differ only where a backend fuses multiply-adds: without, their result serves the next tier too.
Result<Compiled> Build::program_for(const Backend& backend) {
  CompileOptions options;
  options.sample_rate = sample_rate_;
  options.strict = options_.strict;
  options.backend = &backend;
  options.library = options_.library;
  options.cancelled = &poll_;
  const bool fuses = backend.fuses_mul_add() && !options_.strict;
  return passed_ && !fuses ? generate(*passed_, options) : compile(*lowered_, options);
}

Result<Build::Tier> Build::compile_for(const Backend& backend, bool last) {
  began_ = Clock::now();
  if (const auto errors = lower_once()) {
    if (poll_()) return stopped();
    return *errors;
  }
  Result<Compiled> compiled = program_for(backend);
  const bool stop = poll_();
  const Clock::duration taken = Clock::now() - began_;
  spent_ += taken;
  if (!compiled && compiled.error().code != Errc::cancelled) return compiled.errors();
  if (stop || !compiled) return stopped();
  Tier tier{.program = std::move(compiled->program),
            .backend = std::string(backend.name()),
            .seconds = std::chrono::duration<double>(taken).count(),
            .code_bytes = compiled->code_bytes,
            .last = last,
            .warnings = std::move(warnings_)};
  warnings_.clear();
  if (!last && !(backend.fuses_mul_add() && !options_.strict)) passed_ = std::move(compiled->ir);
  return tier;
}

Result<Build::Tier> Build::without_machine_code(const std::vector<Error>& errors) {
  if (options_.mode == Mode::jit || !options_.interpreter || errors.front().code != Errc::no_machine_code)
    return errors;
  Result<Tier> tier = compile_for(*options_.interpreter, true);
  if (!tier) return tier;
  for (Error warning : errors) {
    warning.warning = true;
    warning.message += "; running on the interpreter";
    tier->warnings.push_back(std::move(warning));
  }
  return tier;
}

Result<Build::Tier> Build::next(bool best) {
  const Backend* const code = machine_code();
  if (!code && options_.mode == Mode::jit)
    return no_machine_code("this session has no machine code for this processor; use another mode");
  const Backend* const quick = options_.mode == Mode::jit ? nullptr : options_.interpreter;
  if (!code && !quick) return no_machine_code("this session has neither an interpreter nor machine code");
  if (!code) return compile_for(*quick, true);
  if (quick && !quick_done_ && !best) {
    quick_done_ = true;
    return compile_for(*quick, false);
  }
  Result<Tier> tier = compile_for(*code, true);
  if (tier || quick_done_) return tier;
  return without_machine_code(tier.errors());
}

}  // namespace sinter
