// Every limit of reading at limit − 1, limit and limit + 1.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "test_library.hpp"

using namespace sinter;

namespace {

std::string repeat(const std::string& text, size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string numbered(size_t count, const std::string& before, const std::string& after) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += (i ? "," : "") + before + std::to_string(i) + after;
  return all;
}

std::string patch(const std::string& inside) { return "{\"sinter\":1,\"outputs\":{\"out\":0}," + inside + "}"; }

}  // namespace

TEST_CASE("limits of a patch hold at the limit and fail above it") {
  struct {
    const char* what;
    uint64_t limit;
    Errc code;
    std::function<std::string(uint64_t)> text;
  } const rows[] = {
      {"bytes", kMaxFileBytes, Errc::limit_file,
       [](uint64_t n) {
         std::string text = patch("\"name\":\"x\"");
         return text + std::string(n - text.size(), ' ');
       }},
      {"nesting of arrays", kMaxNesting, Errc::limit_nesting,
       [](uint64_t n) { return patch("\"x-a\":" + repeat("[", n - 1) + repeat("]", n - 1)); }},
      {"nesting of objects", kMaxNesting, Errc::limit_nesting,
       [](uint64_t n) { return patch("\"x-a\":" + repeat("{\"a\":", n - 1) + "1" + repeat("}", n - 1)); }},
      {"nodes", kMaxNodesWritten, Errc::limit_nodes,
       [](uint64_t n) { return patch("\"nodes\":[" + numbered(n, "{\"id\":\"n", "\",\"expr\":0}") + "]"); }},
      {"nodes with those of definitions", kMaxNodesWritten, Errc::limit_nodes,
       [](uint64_t n) {
         return patch("\"nodes\":[" + numbered(n - 10, "{\"id\":\"n", "\",\"expr\":0}") +
                      "],\"define\":{\"d\":{\"outputs\":{\"out\":0},\"nodes\":[" +
                      numbered(10, "{\"id\":\"n", "\",\"expr\":0}") + "]}}");
       }},
      {"channels of an input", kMaxBusChannels, Errc::limit_channels,
       [](uint64_t n) { return patch("\"inputs\":{\"in\":" + std::to_string(n) + "}"); }},
      {"channels of a node", kMaxSignalChannels, Errc::limit_channels,
       [](uint64_t n) {
         return patch("\"nodes\":[{\"id\":\"a\",\"expr\":0,\"channels\":" + std::to_string(n) + "}]");
       }},
      {"stages of a chain", kMaxChain, Errc::out_of_range,
       [](uint64_t n) {
         return patch("\"nodes\":[{\"id\":\"a\",\"expr\":\"x\",\"where\":{\"x\":0},\"chain\":" + std::to_string(n) +
                      "}]");
       }},
      {"inputs", kMaxPorts, Errc::limit_ports,
       [](uint64_t n) { return patch("\"inputs\":{" + numbered(n, "\"p", "\":1") + "}"); }},
      {"params", kMaxPorts, Errc::limit_ports,
       [](uint64_t n) { return patch("\"params\":{" + numbered(n, "\"p", "\":{}") + "}"); }},
      {"outputs", kMaxPorts, Errc::limit_ports,
       [](uint64_t n) { return "{\"sinter\":1,\"outputs\":{" + numbered(n, "\"p", "\":0") + "}}"; }},
      {"depth of an expression", kMaxExpressionDepth, Errc::limit_expression,
       [](uint64_t n) {
         return patch("\"nodes\":[{\"id\":\"a\",\"expr\":\"" + repeat("(", n) + "1" + repeat(")", n) + "\"}]");
       }},
      {"slot of a parameter", kMaxParamSlot, Errc::out_of_range,
       [](uint64_t n) { return patch("\"params\":{\"p\":{\"slot\":" + std::to_string(n) + "}}"); }},
      {"controller of a parameter", 127, Errc::out_of_range,
       [](uint64_t n) { return patch("\"params\":{\"p\":{\"midi\":{\"cc\":" + std::to_string(n) + "}}}"); }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    for (uint64_t n : {row.limit - 1, row.limit}) {
      const Result<Graph> graph = test::read(row.text(n));
      CHECK_MESSAGE(bool(graph), n, (graph ? "" : ": " + format(graph.error()).substr(0, 200)));
    }
    const Result<Graph> over = test::read(row.text(row.limit + 1));
    REQUIRE_FALSE(bool(over));
    CHECK(error_name(over.error().code) == error_name(row.code));
    CHECK((over.error().place.line > 0) == (row.code != Errc::limit_file));
  }
}

TEST_CASE("a file above the limit is refused before it is read, and what is no file is no patch") {
  const std::string path = std::string(SINTER_BINARY_DIR) + "/too_large.json";
  std::ofstream(path).put('{');
  std::filesystem::resize_file(path, kMaxFileBytes + 1);
  CHECK(read_patch_file(path, test::small_library()).error().code == Errc::limit_file);
  std::filesystem::resize_file(path, uint64_t{1} << 40);  // sparse: a terabyte that nobody reads
  CHECK(read_patch_file(path, test::small_library()).error().code == Errc::limit_file);
  std::filesystem::remove(path);
  CHECK(read_patch_file(path, test::small_library()).error().code == Errc::cannot_read);
  CHECK(read_patch_file(SINTER_BINARY_DIR, test::small_library()).error().code == Errc::cannot_read);
  CHECK(read_patch_file("/dev/zero", test::small_library()).error().code == Errc::cannot_read);
}

TEST_CASE("deep or long files of one kind of token end quickly and without a crash") {
  for (const char* text :
       {"[", "{\"a\":", "[[],", "\"", "/*", "//", "-", "0", ",", "{\"sinter\":1,", "[0,", "\\u0061", "\xef\xbb\xbf"}) {
    std::string all = "{\"sinter\":1,\"x-a\":";
    while (all.size() + 16 < kMaxFileBytes) all += text;
    CHECK_FALSE(bool(test::read(all)));
  }
}

TEST_CASE("every prefix of a patch and every patch with one byte changed is read or refused") {
  const std::string whole =
      R"({"sinter":1,"inputs":{"in":2},"params":{"p":{"min":0,"max":2e0,"unit":"dB"}},"nodes":[{"id":"a","type":"delay","max":"3ms","in":{"in":"in[0] + \u0061.out","time":-0.5}},)"
      R"json({"id":"b","expr":["a ? 3.2kHz :","-2^x"],"where":{"x":"db($p)"}}],"define":{"d":{"outputs":{"out":0}}},"outputs":{"out":"b"},"x-y":["ä\ud834\udd1e",null]})json";
  REQUIRE(bool(test::read(whole)));
  for (size_t i = 0; i < whole.size(); ++i) CHECK_FALSE(bool(test::read(whole.substr(0, i))));
  for (size_t i = 0; i < whole.size(); ++i)
    for (char c : {'\0', '"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'e', '$', '/', '\n', '\x80', '\xff'}) {
      std::string text = whole;
      text[i] = c;
      const Result<Graph> graph = test::read(text);
      if (graph) continue;
      CHECK(graph.error().place.line >= 1);
      CHECK(graph.error().place.column >= 1);
    }
}
