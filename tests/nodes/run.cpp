// Random block lengths are part of every run: no result may depend on them.
#include "run.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <limits>

#include "support.hpp"

namespace sinter::test {

Graph one_node(const std::string& type, std::vector<std::pair<std::string, std::string>> ports,
               std::vector<std::pair<std::string, SettingValue>> settings, std::vector<std::string> inputs) {
  Graph graph;
  for (const std::string& input : inputs) graph.input(input, 1);
  graph.node("x", type, std::move(ports), std::move(settings));
  graph.output("out", "x");
  return graph;
}

std::string exact(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.17g", value);
  return digits;
}

SettingValue number(double value) { return {.kind = SettingKind::number, .number = value}; }
SettingValue choice(std::string text) { return {.kind = SettingKind::choice, .text = std::move(text)}; }
SettingValue file(std::string path) { return {.kind = SettingKind::file, .text = std::move(path)}; }

Rows render(const Graph& graph, const Rows& inputs, uint32_t frames, const RunOptions& options,
            const Backend& backend) {
  CompileOptions compile_options;
  compile_options.sample_rate = options.sample_rate;
  compile_options.backend = &backend;
  compile_options.f64 = options.f64;
  Result<Compiled> compiled = compile_patch(graph, compile_options);
  if (!compiled) FAIL(format(compiled.error()));
  Engine engine;
  engine.prepare(compiled->program);
  Rows out(compiled->program->layout.output_channels, std::vector<float>(frames));
  Random random(options.block_seed);
  for (uint32_t at = 0; at < frames;) {
    const uint32_t count = std::min(frames - at, random.below(200));
    std::vector<const float*> in_rows;
    std::vector<float*> out_rows;
    for (const std::vector<float>& row : inputs) in_rows.push_back(row.data() + at);
    for (std::vector<float>& row : out) out_rows.push_back(row.data() + at);
    engine.process(in_rows, out_rows, count);
    at += count;
  }
  return out;
}

void on_every_executor(const Graph& graph, const Rows& inputs, uint32_t frames, const RunOptions& options,
                       const std::function<void(const Rows&)>& check) {
  for (const Backend* backend : backends()) {
    if (options.f64 && backend->name() != "reference") continue;
    if (!backend->available()) {
      skipped(backend->name(), "not on this processor");
      continue;
    }
    CAPTURE(backend->name());
    check(render(graph, inputs, frames, options, *backend));
    ran_on(backend->name());
  }
}

std::vector<float> noise(size_t frames, uint64_t seed, double amplitude) {
  Random random(seed);
  std::vector<float> out(frames);
  for (float& sample : out) sample = static_cast<float>(random.uniform(-amplitude, amplitude));
  return out;
}

std::vector<float> impulse(size_t frames) {
  std::vector<float> out(frames);
  if (frames) out[0] = 1;
  return out;
}

double worst_difference(const std::vector<float>& a, const std::vector<double>& b) {
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i])) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, std::abs(a[i] - b[i]));
  }
  return worst;
}

double largest(const std::vector<double>& a) {
  double most = 0;
  for (double sample : a) most = std::max(most, std::abs(sample));
  return most;
}

}  // namespace sinter::test
