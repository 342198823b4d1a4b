// sinter render: command line of the offline renderer and its report.
#include <CLI/CLI.hpp>
#include <cmath>
#include <csignal>

#include "sinter/host/command.hpp"
#include "sinter/host/json.hpp"
#include "sinter/host/render.hpp"
#include "sinter/host/terminal.hpp"

namespace sinter::host {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

constexpr int kInterrupted = 130;  // as shells count SIGINT

struct Options {
  RenderRequest request;
  std::vector<std::string> inputs, outputs, parameters;
  std::string seconds, tail, bits = "24", mode = "auto";
  uint32_t rate = 0;
  bool json = false;
};

// "name=file" where the name can be a bus, else a bare file.
BusFile bus_file(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || !is_valid_id(text.substr(0, equals))) return {"", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

// A length of time such as "2.5", "1.5s" or "800ms"; the command line's own error where it is none.
double seconds_of(const std::string& option, const std::string& text) {
  GraphParam length;
  length.id = option;
  length.maximum = 1e6;
  length.unit = Unit::seconds;
  const Result<double> value = parse_parameter(length, text, 48'000);
  if (!value) throw CLI::ValidationError(option, value.error().message);
  return *value;
}

void complete(Options& options) {
  RenderRequest& request = options.request;
  for (const std::string& text : options.inputs) request.inputs.push_back(bus_file(text));
  for (const std::string& text : options.outputs) request.outputs.push_back(bus_file(text));
  for (const std::string& text : options.parameters) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) throw CLI::ValidationError("--set", "'" + text + "' is not id=value");
    request.parameters.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  if (options.rate) request.rate = options.rate;
  if (!options.seconds.empty()) request.seconds = seconds_of("--seconds", options.seconds);
  request.tail = !options.tail.empty();
  if (request.tail && options.tail != "own") request.tail_seconds = seconds_of("--tail", options.tail);
  parse_sample_format(options.bits, request.format);
  parse_mode(options.mode, request.mode);
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

double times_real_time(const RenderReport& report) {
  const double audio = static_cast<double>(report.frames) / report.sample_rate;
  return report.run_seconds > 0 ? audio / report.run_seconds : 0;
}
double ns_per_frame(const RenderReport& report) {
  const uint64_t frames = report.frames + report.latency_frames;
  return frames ? report.run_seconds * 1e9 / static_cast<double>(frames) : 0;
}

std::vector<std::string> notes(const RenderReport& report, const RenderRequest& request) {
  std::vector<std::string> all;
  if (report.default_length)
    all.push_back("the patch has no inputs: " + fixed(kDefaultSeconds, 0) + " s rendered; --seconds says how long");
  for (const std::string& bus : report.silent_buses) all.push_back("no file for input '" + bus + "': silence");
  for (const std::string& path : report.resampled)
    all.push_back("'" + path + "' resampled to " + std::to_string(report.sample_rate) + " Hz");
  if (report.latency_frames) all.push_back("latency of " + count_text(report.latency_frames) + " frames taken off");
  if (report.scrubbed_states)
    all.push_back(count_text(report.scrubbed_states) + " states were not finite and were reset");
  for (const RenderedFile& file : report.files) {
    if (file.measured.clipped)
      all.push_back("'" + file.path + "': " + count_text(file.measured.clipped) + " samples beyond full scale" +
                    (request.format == SampleFormat::float32 ? ", kept" : " were clipped"));
    if (file.measured.not_finite)
      all.push_back("'" + file.path + "': " + count_text(file.measured.not_finite) +
                    " samples were not finite: written as 0");
  }
  return all;
}

void print_report(const RenderReport& report, const RenderRequest& request) {
  // With the audio on standard output, words go to standard error.
  std::FILE* to = stdout;
  for (const RenderedFile& file : report.files)
    if (file.path == "-") to = stderr;
  const bool colour = wants_colour(to);
  Table table({"output", "length", "channels", "peak", "loudness", "clipped"},
              {Table::Align::left, Table::Align::right, Table::Align::right, Table::Align::right, Table::Align::right,
               Table::Align::right});
  for (const RenderedFile& file : report.files) {
    const double seconds = static_cast<double>(file.measured.frames) / report.sample_rate;
    table.add({file.path, fixed(seconds, 3) + " s", std::to_string(file.channels), decibel_text(file.measured.peak),
               std::isfinite(file.measured.loudness_lufs) ? fixed(file.measured.loudness_lufs, 1) + " LUFS" : "silence",
               count_text(file.measured.clipped)});
  }
  std::fputs(table.text(colour).c_str(), to);
  const std::string speed = fixed(ns_per_frame(report), ns_per_frame(report) < 10 ? 2 : 1) + " ns per frame, " +
                            count_text(static_cast<uint64_t>(times_real_time(report))) + " × real time";
  std::fprintf(to, "%s at %s Hz, compiled in %s, %s\n", toned(report.backend, Tone::green, colour).c_str(),
               count_text(report.sample_rate).c_str(), time_text(report.compile.total() * 1e-6).c_str(), speed.c_str());
  for (const std::string& note : notes(report, request))
    std::fprintf(to, "%s\n", toned("note: " + note, Tone::yellow, colour).c_str());
}

void write_files(Json& json, const RenderReport& report) {
  json.key("outputs").array();
  for (const RenderedFile& file : report.files) {
    const Measured& measured = file.measured;
    json.object()
        .field("bus", file.bus)
        .field("path", file.path)
        .field("channels", file.channels)
        .field("frames", measured.frames);
    json.field("peak", measured.peak)
        .field("peak_db", 20 * std::log10(measured.peak))
        .field("loudness_lufs", measured.loudness_lufs);
    json.field("clipped", measured.clipped).field("not_finite", measured.not_finite).end();
  }
  json.end();
}

void print_json(const RenderReport& report) {
  Json json;
  json.object().field("ok", true).field("backend", report.backend).field("sample_rate", report.sample_rate);
  json.field("frames", report.frames)
      .field("tail_frames", report.tail_frames)
      .field("latency_frames", report.latency_frames);
  json.field("default_length", report.default_length);
  json.key("compile_us").object().field("lower", report.compile.lower).field("passes", report.compile.passes);
  json.field("plan", report.compile.plan)
      .field("emit", report.compile.emit)
      .field("total", report.compile.total())
      .end();
  json.field("code_bytes", report.code_bytes).field("run_seconds", report.run_seconds);
  json.field("ns_per_frame", ns_per_frame(report)).field("times_real_time", times_real_time(report));
  json.field("scrubbed_states", report.scrubbed_states);
  for (const auto& [name, list] :
       {std::pair("resampled", &report.resampled), std::pair("silent_inputs", &report.silent_buses)}) {
    json.key(name).array();
    for (const std::string& entry : *list) json.value(entry);
    json.end();
  }
  write_files(json, report);
  write_errors(json, "warnings", report.warnings);
  const bool stdout_is_audio =
      std::any_of(report.files.begin(), report.files.end(), [](const RenderedFile& f) { return f.path == "-"; });
  std::fputs(json.end().text().c_str(), stdout_is_audio ? stderr : stdout);
}

// The first signal lets the renderer remove what it has begun; a second one ends the process as usual.
void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted.store(true); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
}

int run(Options& options) {
  complete(options);
  RenderRequest& request = options.request;
  stop_on_signals();
  request.cancelled = &interrupted;
  Result<RenderReport> report = [&] {
    ProgressBar bar("rendering");
    if (!options.json) request.progress = [&](double done) { bar.update(done); };
    return render(request);
  }();
  const bool stdout_is_audio =
      std::any_of(request.outputs.begin(), request.outputs.end(), [](const BusFile& f) { return f.path == "-"; });
  if (!report && interrupted.load()) return kInterrupted;
  if (!report) return fail(report.errors(), options.json && !stdout_is_audio);
  print_errors(report->warnings);
  if (options.json) print_json(*report);
  else print_report(*report, request);
  return kOk;
}

constexpr const char* kExamples = R"(Examples:
  sinter render echo.json -i voice.wav -o wet.wav
  sinter render echo.json -i voice.wav -o wet.flac --set time=350ms --set drive=12 --tail
  sinter render duck.json -i in=music.wav -i side=voice.wav -o out.wav --rate 48000
  sinter render drone.json -o drone.wav --seconds 30 --bits 32f
  sox a.wav -t wav - | sinter render echo.json -i - -o - | aplay)";

}  // namespace

void add_render(CLI::App& app, int& result) {
  auto options = std::make_shared<Options>();
  RenderRequest& request = options->request;
  app.add_option("PATCH", request.patch, "The patch file")->required();
  app.add_option("-i,--input", options->inputs, "Audio file for the first input, or NAME=FILE; - is standard input")
      ->allow_extra_args(false)
      ->type_name("[NAME=]FILE");
  app.add_option("-o,--output", options->outputs,
                 "Audio file of the first output, or NAME=FILE; - is standard output (WAV)")
      ->allow_extra_args(false)
      ->type_name("[NAME=]FILE")
      ->required();
  app.add_option("--set", options->parameters, "Value of a parameter: a number, a quantity (350ms, -6dB) or a choice")
      ->allow_extra_args(false)
      ->type_name("ID=VALUE");
  app.add_option("--block", request.block, "Frames per call of the engine; changes nothing in the result")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--rate", options->rate, "Sample rate in Hz; inputs of other rates are resampled")
      ->check(CLI::Range(8'000, 768'000));
  app.add_option("--seconds", options->seconds, "Length (default: the longest input; 10 s without inputs)")
      ->type_name("TIME");
  app.add_flag("--tail{own}", options->tail,
               "Renders on after the input: as long as the patch's delays and impulse responses, or --tail=TIME");
  app.add_option("--mode", options->mode, "auto: machine code, else the interpreter; jit: machine code or exit 3")
      ->check(CLI::IsMember({"auto", "jit", "interpret", "hybrid"}))
      ->capture_default_str();
  app.add_option("--backend", request.backend, "One executor by name")
      ->check(CLI::IsMember({"reference", "interpreter", "sse", "avx2", "avx512"}));
  app.add_option("--bits", options->bits, "Sample format of the outputs")
      ->check(CLI::IsMember({"16", "24", "32f"}))
      ->capture_default_str();
  app.add_flag("--demo", request.demo, "Plays a phrase: chords and a melody, pedal and bend");
  app.add_flag("--strict", request.strict, "The same bits on every backend and machine");
  app.add_flag("--json", options->json, "The report as JSON");
  app.footer(kExamples);
  app.callback([options, &result] { result = run(*options); });
}

}  // namespace sinter::host
