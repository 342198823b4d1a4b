// One item of the demo: cut the recording, render it, measure every executor and the textbook loop side by side.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "demo.hpp"
#include "sinter/bench/measure.hpp"
#include "sinter/host/audio_reader.hpp"
#include "sinter/host/audio_writer.hpp"
#include "sinter/host/render.hpp"
#include "textbook.hpp"

namespace sinter::host {
namespace {

constexpr uint32_t kBlock = 512;

// The first seconds of a recording as a stereo file that browsers play.
std::vector<Error> cut(const std::string& from, const std::string& to, double seconds, double& rate) {
  Result<std::unique_ptr<AudioReader>> reader = AudioReader::open(from);
  if (!reader) return reader.errors();
  rate = (*reader)->sample_rate();
  const uint32_t channels = (*reader)->channels();
  const auto frames = std::min((*reader)->frames(), static_cast<uint64_t>(seconds * rate));
  Result<std::unique_ptr<AudioWriter>> writer = AudioWriter::create({.path = to,
                                                                     .channels = 2,
                                                                     .sample_rate = static_cast<uint32_t>(rate),
                                                                     .format = SampleFormat::int16,
                                                                     .frames = frames});
  if (!writer) return writer.errors();
  std::vector<std::vector<float>> rows(channels, std::vector<float>(kBlock));
  std::vector<float*> pointers;
  for (auto& row : rows) pointers.push_back(row.data());
  for (uint64_t done = 0; done < frames;) {
    const Result<uint32_t> got =
        (*reader)->read(pointers.data(), static_cast<uint32_t>(std::min<uint64_t>(kBlock, frames - done)));
    if (!got) return got.errors();
    if (*got == 0) break;
    const float* stereo[] = {rows[0].data(), rows[channels > 1 ? 1 : 0].data()};
    if (auto error = (*writer)->write(stereo, *got)) return {*error};
    done += *got;
  }
  if (auto error = (*writer)->finish()) return {*error};
  if (auto error = (*writer)->publish()) return {*error};
  return {};
}

std::vector<Error> render_to(const std::string& patch, const std::string& from, const std::string& to) {
  RenderRequest request;
  request.patch = patch;
  request.inputs = {{"", from}};
  request.outputs = {{"", to}};
  request.tail = true;
  request.format = SampleFormat::int16;
  if (std::filesystem::path(to).extension() == ".wav") request.format = SampleFormat::int24;
  Result<RenderReport> report = render(request);
  return report ? std::vector<Error>{} : report.errors();
}

void measure_speeds(DemoResult& result) {
  std::vector<measuring::Job> jobs;
  std::vector<std::unique_ptr<measuring::Kernel>> kernels;
  for (const Backend* backend : backends()) {
    if (!backend->available()) continue;
    kernels.push_back(std::make_unique<measuring::Kernel>(result.graph, *backend, kBlock, result.sample_rate));
    if (!kernels.back()->ok()) continue;
    jobs.push_back({std::string(backend->name()), [kernel = kernels.back().get()] { kernel->call(); }});
  }
  const std::unique_ptr<Textbook> textbook = make_textbook(result.item.patch, result.sample_rate);
  std::vector<measuring::Row> rows(4, measuring::Row(kBlock));
  jobs.push_back({"g++ -O3, textbook C++", [&] {
                    const float* in[] = {rows[0].data(), rows[1].data()};
                    float* out[] = {rows[2].data(), rows[3].data()};
                    textbook->process(in, out, kBlock);
                  }});
  const std::vector<measuring::Timing> timings =
      measuring::measure(jobs, {.repetitions = 9, .seconds_per_repetition = 0.003});
  for (size_t j = 0; j < jobs.size(); ++j) {
    const bool native = jobs[j].name == "sse" || jobs[j].name.starts_with("avx");
    result.speeds.push_back({jobs[j].name, timings[j].median_ns / kBlock, native});
  }
}

// Both compute the same thing: how far apart they are on a second of noise.
double agreement(const DemoResult& result) {
  Engine engine;
  engine.prepare(result.compiled.program);
  const std::unique_ptr<Textbook> textbook = make_textbook(result.item.patch, result.sample_rate);
  const auto frames = static_cast<uint32_t>(result.sample_rate);
  std::vector<measuring::Row> rows(6, measuring::Row(frames));
  const float* in[] = {rows[0].data(), rows[1].data()};
  float* ours[] = {rows[2].data(), rows[3].data()};
  float* theirs[] = {rows[4].data(), rows[5].data()};
  engine.process(in, ours, frames);
  textbook->process(in, theirs, frames);
  double signal = 0, difference = 1e-30;
  for (size_t c = 0; c < 2; ++c)
    for (uint32_t f = 0; f < frames; ++f) {
      const double apart = double{ours[c][f]} - theirs[c][f];
      signal += double{theirs[c][f]} * theirs[c][f];
      difference += apart * apart;
    }
  return 10 * std::log10(signal / difference);
}

}  // namespace

double DemoResult::ns(std::string_view wanted) const {
  for (const Speed& speed : speeds)
    if (speed.name == wanted) return speed.ns_per_frame;
  return 0;
}

Result<DemoResult> run_item(const DemoItem& item, const std::string& examples, const std::string& folder) {
  DemoResult result;
  result.item = item;
  const std::string patch = examples + "/" + item.patch + ".json";
  result.before = folder + "/" + item.patch + "-before.flac";
  result.after = folder + "/" + item.patch + "-after.flac";
  result.wav = folder + "/" + item.patch + ".wav";
  Result<Graph> graph = read_patch_file(patch, standard_nodes());
  if (!graph) return graph.errors();
  result.graph = std::move(*graph);
  if (auto errors = cut(item.recording, result.before, item.seconds, result.sample_rate); !errors.empty())
    return errors;
  if (auto errors = render_to(patch, result.before, result.after); !errors.empty()) return errors;
  if (auto errors = render_to(patch, result.before, result.wav); !errors.empty()) return errors;

  CompileOptions options;
  options.sample_rate = result.sample_rate;
  options.backend = &best_backend();
  std::vector<double> times;
  for (int n = 0; n < 21; ++n) {
    Result<Compiled> compiled = compile_patch(result.graph, options);
    if (!compiled) return compiled.errors();
    times.push_back(compiled->times.total());
  }
  std::sort(times.begin(), times.end());
  result.compile_us = times[times.size() / 2];
  options.listing = true;
  Result<Compiled> compiled = compile_patch(result.graph, options);
  if (!compiled) return compiled.errors();
  result.compiled = std::move(*compiled);
  result.backend = best_backend().name();
  result.report = make_report(result.graph, standard_nodes(), result.compiled.ir, result.compiled.plan,
                              samples_per_op(result.backend));
  result.agreement_db = agreement(result);
  measure_speeds(result);
  return result;
}

}  // namespace sinter::host
