// What cannot be exported says so, by name and with a way out.
#include <doctest/doctest.h>

#include <string>

#include "sinter/export/export.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;

namespace {

Result<std::string> exported(const std::string& path, const std::string& name_space = "") {
  const Result<Graph> graph = read_patch_file(path, standard_nodes());
  if (!graph) return graph.errors();
  return export_cpp(*graph, {.name_space = name_space, .library = &standard_nodes()});
}

const std::string kExamples = SINTER_SOURCE_DIR "/examples/";

}  // namespace

TEST_CASE("an External node is refused with its name") {
  const Result<std::string> header = exported(kExamples + "hall.json");
  REQUIRE_FALSE(header);
  CHECK(header.error().code == Errc::not_supported);
  CHECK(header.error().where == "hall");
  CHECK(header.error().message.find("convolve") != std::string::npos);
}

TEST_CASE("a namespace has to be one") {
  for (const char* wrong : {"2nd", "a b", "class", "a::", "::a", "a:b", "_a", "a__b", "a-b", "a;"}) {
    CAPTURE(wrong);
    const Result<std::string> header = exported(kExamples + "tremolo.json", wrong);
    REQUIRE_FALSE(header);
    CHECK(header.error().code == Errc::usage);
  }
  for (const char* right : {"a", "Tremolo", "my_company::tremolo2"}) {
    CAPTURE(right);
    const Result<std::string> header = exported(kExamples + "tremolo.json", right);
    REQUIRE(header);
    CHECK(header->find("namespace " + std::string(right) + " {") != std::string::npos);
  }
}

TEST_CASE("texts of a patch cannot break out of comments and strings") {
  Graph graph;
  graph.name = "*/ \\\n#error \"name\" ?\?/";
  graph.meta.author = "a\\";
  graph.meta.description = "x\r\ny\\";
  graph.input("in").output("out", "in");
  const Result<std::string> header = export_cpp(graph, {.library = &standard_nodes()});
  REQUIRE(header);
  CHECK(header->find("\n#error \"name\"") == std::string::npos);
  CHECK(header->find("\\\n") == std::string::npos);
  CHECK(header->find('\r') == std::string::npos);
}

TEST_CASE("errors of the patch are those of compiling it") {
  Graph graph;
  graph.input("in").expr("a", "b + in").expr("b", "a").output("out", "a");
  const Result<std::string> header = export_cpp(graph, {.library = &standard_nodes()});
  REQUIRE_FALSE(header);
  CHECK(header.error().code == Errc::cycle);
}
