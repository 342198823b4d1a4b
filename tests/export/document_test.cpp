// docs/export.md shows a header that is what the export gives.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "batch.hpp"
#include "sinter/export/export.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

const std::string kPage = SINTER_SOURCE_DIR "/docs/export.md";

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// What lies between two lines.
struct Part {
  size_t begin = 0, end = 0;
};
Part part(const std::string& page, const std::string& opening) {
  const size_t begin = page.find(opening);
  if (begin == std::string::npos) return {};
  const size_t from = begin + opening.size();
  return {from, page.find("```\n", from)};
}

}  // namespace

TEST_CASE("the header in docs/export.md is the one of the patch above it") {
  std::string page = read(kPage);
  const Part patch = part(page, "```json\n");
  REQUIRE(patch.end > patch.begin);
  const Result<Graph> graph =
      read_patch(page.substr(patch.begin, patch.end - patch.begin), "export.md", "", standard_nodes());
  if (!graph) FAIL(format(graph.error()));
  const Result<std::string> header = export_cpp(*graph, {.library = &standard_nodes()});
  REQUIRE(header);
  const Part shown = part(page, "<!-- header -->\n```cpp\n");
  REQUIRE(shown.end >= shown.begin);
  const bool same = page.compare(shown.begin, shown.end - shown.begin, *header) == 0;
  if (!same && std::getenv("SINTER_BLESS")) {
    page.replace(shown.begin, shown.end - shown.begin, *header);
    std::ofstream(kPage) << page;
    return;
  }
  CHECK_MESSAGE(same, "make it again with SINTER_BLESS=1");
}

TEST_CASE("the program in docs/export.md compiles with its header and runs") {
  const std::vector<Compiler> all = compilers();
  if (all.empty()) return;
  const std::string page = read(kPage);
  const std::string base = SINTER_BINARY_DIR "/export-document-" + std::to_string(::getpid());
  std::filesystem::create_directories(base);
  const auto write = [&](const std::string& name, const std::string& opening) {
    const Part shown = part(page, opening);
    REQUIRE(shown.end > shown.begin);
    std::ofstream(base + "/" + name) << page.substr(shown.begin, shown.end - shown.begin);
  };
  write("soft_tremolo.hpp", "<!-- header -->\n```cpp\n");
  write("main.cpp", "<!-- use -->\n```cpp\n");
  const std::string command = all[0].path + " -std=c++17 -O1 -Wall -Wextra -Wpedantic -Werror -o " + base + "/use " +
                              base + "/main.cpp && " + base + "/use > /dev/null";
  CHECK(std::system(command.c_str()) == 0);
  std::filesystem::remove_all(base);
}
