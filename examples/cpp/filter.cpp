// The example of the README: a graph built in C++, compiled and run. The tests build and run it.
#include <cmath>
#include <cstdio>

#include "sinter/sinter.hpp"

int main() {
  sinter::Graph graph;
  graph.input("in").param({.id = "cutoff", .minimum = 20, .maximum = 20'000, .fallback = 800});
  graph.node("low", "lowpass", {{"in", "in"}, {"freq", "$cutoff"}, {"q", "2"}});
  graph.output("out", "tanh(2 * low)");
  const auto compiled = sinter::compile_patch(graph, {.sample_rate = 48'000});
  if (!compiled) return std::puts(format(compiled.error()).c_str()), 1;
  sinter::Engine engine;
  engine.prepare(compiled->program);
  float in[256], out[256];
  for (int n = 0; n < 256; ++n) in[n] = std::sin(0.05f * static_cast<float>(n));
  const float* inputs[] = {in};
  float* outputs[] = {out};
  engine.set_parameter(0, 1'200);
  engine.process(inputs, outputs, 256);  // wait-free: call it from the audio thread
  std::printf("compiled in %.0f µs, last sample %f\n", compiled->times.total(), out[255]);
}
