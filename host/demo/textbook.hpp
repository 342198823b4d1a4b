// The demo's patches as a C++ programmer writes them from the textbook: one sample at a time, TDF2 and TPT filters,
// ring buffers. Compiled with g++ -O3; what the demo compares Sinter with.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace sinter::host {

/// A hand-written processor. Stereo in, stereo out.
class Textbook {
 public:
  virtual ~Textbook() = default;
  virtual void process(const float* const* in, float* const* out, uint32_t frames) = 0;
};

/// The twin of examples/<name>.json; null where there is none.
std::unique_ptr<Textbook> make_textbook(std::string_view name, double sample_rate);

}  // namespace sinter::host
