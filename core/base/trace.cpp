// The one reader of SINTER_TRACE.
#include "sinter/base/trace.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace sinter {

bool trace_wants(std::string_view topic) {
  static const std::string topics = [] {
    const char* text = std::getenv("SINTER_TRACE");
    return text ? "," + std::string(text) + "," : std::string();
  }();
  if (topics.empty()) return false;
  return topics.find(",all,") != std::string::npos || topics.find("," + std::string(topic) + ",") != std::string::npos;
}

void trace_write(std::string_view topic, std::string_view text) {
  std::fprintf(stderr, "[%.*s] %.*s\n", static_cast<int>(topic.size()), topic.data(), static_cast<int>(text.size()),
               text.data());
}

}  // namespace sinter
