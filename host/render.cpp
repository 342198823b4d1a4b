// Rendering: open, compile, run, put the files in their place; each part stops everything where it fails.
#include "sinter/host/render.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "sinter/host/audio_reader.hpp"
#include "sinter/host/demo_phrase.hpp"

namespace sinter::host {
namespace {

constexpr uint32_t kDefaultRate = 48'000;
constexpr uint32_t kLowestRate = 8'000, kHighestRate = 768'000;  // Hz, as CompileOptions::sample_rate

using Problem = std::optional<std::vector<Error>>;

std::vector<Error> problem(Error error) { return {std::move(error)}; }
std::vector<Error> usage(const std::string& message) { return {{.code = Errc::usage, .message = message}}; }

// A set of planar rows that the engine reads or writes.
struct Rows {
  std::vector<float> samples;
  std::vector<float*> pointers;
  void resize(uint32_t channels, uint32_t frames) {
    samples.assign(size_t{channels} * frames, 0.0f);
    pointers.resize(channels);
    for (uint32_t c = 0; c < channels; ++c) pointers[c] = samples.data() + size_t{c} * frames;
  }
};

struct Source {
  std::unique_ptr<AudioReader> reader;
  uint32_t bus = 0;
  uint32_t first_channel = 0, channels = 0;  // of the bus, in the engine's flat list
};
struct Sink {
  std::unique_ptr<AudioWriter> writer;
  uint32_t first_channel = 0, channels = 0;
  std::string bus;
};

// In fast mode loops that solve recurrences round by where a call begins: at whole cells, that is where it always is.
uint32_t frames_per_call(const RenderRequest& request) {
  return request.strict ? request.block : (request.block + kCellFrames - 1) / kCellFrames * kCellFrames;
}

class Rendering {
 public:
  explicit Rendering(const RenderRequest& request) : request_(request), block_(frames_per_call(request)) {}
  Result<RenderReport> run();

 private:
  Problem check_outputs() const;
  Problem open_inputs();
  Problem settle_rate();
  Problem compile();
  Problem connect_inputs();
  Problem set_parameters();
  void settle_length();
  Problem open_outputs();
  Problem process();
  Problem read_inputs(uint32_t frames);
  Problem write_outputs(uint64_t position, uint32_t frames);
  Problem publish();

  const RenderRequest& request_;
  const uint32_t block_;
  RenderReport report_;
  Graph graph_;
  Built built_;
  Engine engine_;
  std::optional<DemoPhrase> phrase_;
  std::vector<Event> events_;
  std::vector<Source> sources_;
  std::vector<Sink> sinks_;
  Rows in_, out_;
};

// Index of the bus of that name, or the first one for "".
template <class Buses>
std::optional<uint32_t> find_bus(const Buses& buses, const std::string& name) {
  for (uint32_t i = 0; i < buses.size(); ++i)
    if (name.empty() || buses[i].name == name) return i;
  return {};
}

template <class Buses>
std::string names_of(const Buses& buses) {
  std::string all;
  for (const auto& bus : buses) all += (all.empty() ? "" : ", ") + bus.name;
  return all.empty() ? "none" : all;
}

// The index of every file's bus; an error where one is unknown or given twice.
template <class Buses>
Result<std::vector<uint32_t>> match(const std::vector<BusFile>& files, const Buses& buses, const std::string& what) {
  std::vector<uint32_t> found;
  for (const BusFile& file : files) {
    const std::optional<uint32_t> bus = find_bus(buses, file.bus);
    if (!bus)
      return usage("the patch has no " + what +
                   (file.bus.empty() ? " for '" + file.path + "'" : " '" + file.bus + "'") +
                   "; it has: " + names_of(buses));
    if (std::find(found.begin(), found.end(), *bus) != found.end())
      return usage("the patch's " + what + " '" + buses[*bus].name + "' is given twice");
    found.push_back(*bus);
  }
  return found;
}

Problem Rendering::check_outputs() const {
  if (request_.outputs.empty()) return usage("no output file; give -o FILE");
  for (size_t i = 0; i < request_.outputs.size(); ++i) {
    if (auto error = AudioWriter::check(request_.outputs[i].path, request_.format)) return problem(*error);
    for (size_t j = 0; j < i; ++j)
      if (request_.outputs[i].path == request_.outputs[j].path)
        return usage("two outputs go to '" + request_.outputs[i].path + "'");
  }
  const Result<std::vector<uint32_t>> buses = match(request_.outputs, graph_.outputs, "output");
  return buses ? Problem{} : buses.errors();
}

Problem Rendering::open_inputs() {
  const Result<std::vector<uint32_t>> buses = match(request_.inputs, graph_.inputs, "input");
  if (!buses) return buses.errors();
  if (request_.inputs.empty() && !graph_.inputs.empty())
    return usage("the patch has inputs (" + names_of(graph_.inputs) + "); give -i FILE");
  uint32_t streams = 0;
  for (size_t i = 0; i < request_.inputs.size(); ++i) {
    if (request_.inputs[i].path == "-" && ++streams > 1) return usage("standard input can be one input only");
    Result<std::unique_ptr<AudioReader>> reader = AudioReader::open(request_.inputs[i].path);
    if (!reader) return reader.errors();
    sources_.push_back({.reader = std::move(*reader), .bus = (*buses)[i]});
  }
  for (uint32_t bus = 0; bus < graph_.inputs.size(); ++bus)
    if (std::find(buses->begin(), buses->end(), bus) == buses->end())
      report_.silent_buses.push_back(graph_.inputs[bus].name);
  return {};
}

Problem Rendering::settle_rate() {
  uint32_t rate = request_.rate.value_or(sources_.empty() ? kDefaultRate : sources_[0].reader->sample_rate());
  for (const Source& source : sources_)
    if (!request_.rate && source.reader->sample_rate() != rate)
      return problem({.code = Errc::rate_mismatch,
                      .message = "it has " + std::to_string(source.reader->sample_rate()) + " Hz and '" +
                                 sources_[0].reader->path() + "' " + std::to_string(rate) +
                                 " Hz; give --rate to resample",
                      .place = {.file = source.reader->path()}});
  if (rate < kLowestRate || rate > kHighestRate)
    return problem({.code = request_.rate ? Errc::usage : Errc::bad_audio,
                    .message = "a sample rate of " + std::to_string(rate) + " Hz is outside 8,000 … 768,000 Hz" +
                               (request_.rate ? "" : "; give --rate to resample")});
  report_.sample_rate = rate;
  for (Source& source : sources_) {
    if (source.reader->sample_rate() == rate) continue;
    report_.resampled.push_back(source.reader->path());
    if (auto error = source.reader->resample(rate)) return problem(*error);
  }
  return {};
}

Problem Rendering::compile() {
  Result<Built> built = build_patch(graph_, {.sample_rate = static_cast<double>(report_.sample_rate),
                                             .strict = request_.strict,
                                             .mode = request_.mode,
                                             .backend = request_.backend});
  if (!built) return built.errors();
  built_ = std::move(*built);
  report_.backend = built_.backend;
  report_.compile = built_.compiled.times;
  report_.code_bytes = built_.compiled.code_bytes;
  report_.latency_frames = built_.compiled.program->layout.latency_frames;
  report_.warnings.insert(report_.warnings.end(), built_.warnings.begin(), built_.warnings.end());
  engine_.prepare(built_.compiled.program);
  if (!request_.demo) return {};
  if (built_.compiled.program->layout.voices.empty())
    return usage("--demo plays notes, and the patch has no node that plays them (of type poly)");
  phrase_.emplace(report_.sample_rate);
  events_.resize((block_ / phrase_->length() + 2) * phrase_->size());  // a block may begin within one pass
  return {};
}

Problem Rendering::connect_inputs() {
  const Layout& layout = built_.compiled.program->layout;
  for (Source& source : sources_) {
    const BusSlot& bus = layout.inputs.at(source.bus);
    source.first_channel = bus.first_channel;
    source.channels = bus.channels;
    const uint32_t have = source.reader->channels();
    if (have == bus.channels || have == 1) continue;
    return problem({.code = Errc::channel_mismatch,
                    .where = bus.name,
                    .message = "the file has " + std::to_string(have) + " channels and the input " +
                               std::to_string(bus.channels) + "; write \"" + bus.name + "\": " + std::to_string(have) +
                               " under \"inputs\" (sum(" + bus.name + ") mixes them), or give a file of one channel",
                    .place = {.file = source.reader->path()}});
  }
  in_.resize(layout.input_channels, block_);
  out_.resize(layout.output_channels, block_);
  return {};
}

Problem Rendering::set_parameters() {
  const std::vector<ParamSlot>& slots = built_.compiled.program->layout.params;
  for (const auto& [id, text] : request_.parameters) {
    const auto param = std::find_if(graph_.params.begin(), graph_.params.end(),
                                    [&, &wanted = id](const GraphParam& p) { return p.id == wanted; });
    if (param == graph_.params.end()) {
      std::string known;
      for (const GraphParam& each : graph_.params) known += (known.empty() ? "" : ", ") + each.id;
      return usage("the patch has no parameter '" + id + "'; it has: " + (known.empty() ? "none" : known));
    }
    const Result<double> value = parse_parameter(*param, text, report_.sample_rate);
    if (!value) return value.errors();
    for (uint32_t i = 0; i < slots.size(); ++i)
      if (slots[i].id == id) engine_.set_parameter(i, *value);
  }
  engine_.reset();  // parameters begin at these values instead of gliding to them
  return {};
}

void Rendering::settle_length() {
  const double rate = report_.sample_rate;
  uint64_t frames = 0;
  for (const Source& source : sources_) frames = std::max(frames, source.reader->frames());
  report_.default_length = sources_.empty() && !request_.seconds && !phrase_;
  if (sources_.empty() || request_.seconds)
    frames = static_cast<uint64_t>(
        std::llround(request_.seconds.value_or(phrase_ ? kDemoBeats * 60 / kDemoTempo : kDefaultSeconds) * rate));
  const double own_tail = built_.compiled.program->layout.tail_seconds;
  if (request_.tail)
    report_.tail_frames = static_cast<uint64_t>(std::ceil(request_.tail_seconds.value_or(own_tail) * rate));
  report_.frames = frames + report_.tail_frames;
}

Problem Rendering::open_outputs() {
  const Layout& layout = built_.compiled.program->layout;
  for (const BusFile& file : request_.outputs) {
    const BusSlot& bus = layout.outputs.at(*find_bus(layout.outputs, file.bus));
    Result<std::unique_ptr<AudioWriter>> writer = AudioWriter::create({.path = file.path,
                                                                       .channels = bus.channels,
                                                                       .sample_rate = report_.sample_rate,
                                                                       .format = request_.format,
                                                                       .frames = report_.frames});
    if (!writer) return writer.errors();
    sinks_.push_back(
        {.writer = std::move(*writer), .first_channel = bus.first_channel, .channels = bus.channels, .bus = bus.name});
  }
  return {};
}

Problem Rendering::read_inputs(uint32_t frames) {
  for (Source& source : sources_) {
    float* const* rows = in_.pointers.data() + source.first_channel;
    const Result<uint32_t> got = source.reader->read(rows, frames);
    if (!got) return got.errors();
    const uint32_t have = source.reader->channels();
    for (uint32_t c = 0; c < source.channels; ++c) {
      if (c >= have) std::copy_n(rows[0], *got, rows[c]);
      std::fill(rows[c] + *got, rows[c] + frames, 0.0f);
    }
  }
  return {};
}

// Frames position … position + frames of the engine's output; the latency is left out.
Problem Rendering::write_outputs(uint64_t position, uint32_t frames) {
  const uint64_t latency = report_.latency_frames;
  const auto skip = static_cast<uint32_t>(position < latency ? std::min<uint64_t>(latency - position, frames) : 0);
  for (Sink& sink : sinks_) {
    std::vector<const float*> rows(sink.channels);
    for (uint32_t c = 0; c < sink.channels; ++c) rows[c] = out_.pointers[sink.first_channel + c] + skip;
    if (auto error = sink.writer->write(rows.data(), frames - skip)) return problem(*error);
  }
  return {};
}

Problem Rendering::process() {
  const uint64_t total = report_.frames + report_.latency_frames;
  for (uint64_t position = 0; position < total;) {
    if (request_.cancelled && request_.cancelled->load(std::memory_order_relaxed))
      return problem({.code = Errc::cannot_write, .message = "interrupted; no file was written"});
    const auto frames = static_cast<uint32_t>(std::min<uint64_t>(block_, total - position));
    if (Problem wrong = read_inputs(frames)) return wrong;
    const auto begin = std::chrono::steady_clock::now();
    const uint32_t events = phrase_ ? phrase_->fill(position, frames, events_) : 0;
    engine_.process(in_.pointers, out_.pointers, frames, {events_.data(), events});
    report_.run_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (Problem wrong = write_outputs(position, frames)) return wrong;
    position += frames;
    if (request_.progress) request_.progress(static_cast<double>(position) / static_cast<double>(total));
  }
  report_.scrubbed_states = engine_.counters().scrubbed_states.load();
  return {};
}

Problem Rendering::publish() {
  for (Sink& sink : sinks_)
    if (auto error = sink.writer->finish()) return problem(*error);
  for (Sink& sink : sinks_) {
    if (auto error = sink.writer->publish()) return problem(*error);
    report_.files.push_back(
        {.bus = sink.bus, .path = sink.writer->path(), .channels = sink.channels, .measured = sink.writer->measured()});
  }
  return {};
}

Result<RenderReport> Rendering::run() {
  Result<Graph> graph = load_patch(request_.patch, &report_.warnings);
  if (!graph) return graph.errors();
  graph_ = std::move(*graph);
  const auto parts = {&Rendering::open_inputs, &Rendering::settle_rate, &Rendering::compile, &Rendering::connect_inputs,
                      &Rendering::set_parameters};
  if (Problem wrong = check_outputs()) return *wrong;
  for (auto part : parts)
    if (Problem wrong = (this->*part)()) return *wrong;
  settle_length();
  for (auto part : {&Rendering::open_outputs, &Rendering::process, &Rendering::publish})
    if (Problem wrong = (this->*part)()) return *wrong;
  return std::move(report_);
}

}  // namespace

Result<RenderReport> render(const RenderRequest& request) { return Rendering(request).run(); }

}  // namespace sinter::host
