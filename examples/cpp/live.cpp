// The example of docs/library.md: a patch that is edited while it plays. The tests build and run it.
#include <chrono>
#include <cstdio>

#include "sinter/sinter.hpp"

int main() {
  using namespace std::chrono_literals;
  const auto session = sinter::open_session();
  session->prepare(48'000).value();
  session->suspend();  // no audio thread in this example: patches are taken at once

  const char* const edits[] = {
      R"({"sinter": 1, "params": {"level": {"min": 0, "max": 1, "default": 0.5}}, "outputs": {"out": "$level"}})",
      R"({"sinter": 1, "params": {"level": {"min": 0, "max": 1, "default": 0.5}}, "outputs": {"out": "2 * $level"}})",
      R"({"sinter": 1, "outputs": {"out": "2 * $level"}})"};
  for (const char* text : edits) {
    const uint64_t revision = session->set_patch(text);  // returns at once; a worker compiles
    session->wait(revision, sinter::Progress::sounding, 10s);
    session->wait_settled(10s);
    if (revision == 1) session->set_parameter("level", "25%").value();  // survives the edits

    float out[4'800];
    float* outputs[] = {out};
    session->process({}, outputs, 4'800);  // wait-free: call it from the audio thread
    std::printf("%.2f on %s\n", out[4'799], session->backend().c_str());
  }
  for (const sinter::SessionEvent& event : session->events())
    if (event.kind == sinter::SessionEvent::Kind::error) std::puts(event.text.c_str());
}
