// Broken patches, one per file: the first line of each says which codes it must give, and where.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "test_library.hpp"

using namespace sinter;
namespace fs = std::filesystem;

namespace {

const fs::path kFolder = fs::path(SINTER_SOURCE_DIR) / "tests/graph/broken";

std::vector<fs::path> cases() {
  std::vector<fs::path> list;
  for (const auto& entry : fs::directory_iterator(kFolder))
    if (entry.path().extension() == ".json") list.push_back(entry.path());
  std::ranges::sort(list);
  return list;
}

std::string expected(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const std::string mark = "// expect: ";
  REQUIRE_MESSAGE(line.starts_with(mark), path.string());
  return line.substr(mark.size());
}

/// "code line:column", with the file in front of the line where it is another one.
std::string described(const std::vector<Error>& errors, const fs::path& path) {
  std::string text;
  for (const Error& error : errors) {
    if (!text.empty()) text += "; ";
    if (error.warning) text += "warning ";
    text += std::string(error_name(error.code)) + " ";
    if (error.place.file != path.string())
      text += fs::path(error.place.file).lexically_relative(kFolder).string() + ":";
    text += std::to_string(error.place.line) + ":" + std::to_string(error.place.column);
  }
  return text;
}

}  // namespace

TEST_CASE("every broken patch gives its error codes at their places") {
  const std::vector<fs::path> all = cases();
  CHECK(all.size() >= 60);
  for (const fs::path& path : all) {
    CAPTURE(path.filename().string());
    std::vector<Error> warnings;
    const Result<Graph> graph = read_patch_file(path.string(), test::small_library(), &warnings);
    const std::vector<Error>& found = graph ? warnings : graph.errors();
    CHECK(described(found, path) == expected(path));
    for (const Error& error : found) {
      CHECK_FALSE(error.message.empty());
      CHECK(format(error).find("error[") + format(error).find("warning[") > 0);
    }
  }
}

TEST_CASE("every code that reading a patch can give has a broken patch") {
  // What the compiler, the host and the IR report is tested there; limits are too large for files and have their own
  // test.
  const std::set<std::string_view> elsewhere = {
      "internal",        "channel_mismatch", "bad_channel",   "cycle",         "external_cycle",
      "category",        "limit_file",       "limit_nesting", "limit_nodes",   "limit_ports",
      "limit_instances", "limit_values",     "limit_delay",   "limit_memory",  "limit_expression",
      "bad_audio",       "cannot_read",      "cannot_write",  "rate_mismatch", "usage",
      "no_machine_code", "ir_syntax",        "ir_invalid",    "cancelled",     "out_of_memory",
      "bad_state",       "no_device"};
  std::set<std::string> covered;
  for (const fs::path& path : cases()) {
    std::istringstream words(expected(path));
    for (std::string word; words >> word;) covered.insert(word);
  }
  for (uint16_t i = 0; i < error_count(); ++i) {
    const std::string_view name = error_name(static_cast<Errc>(i));
    CHECK_MESSAGE((covered.contains(std::string(name)) || elsewhere.contains(name)), name);
  }
}

TEST_CASE("an error shows the source line with a caret, through escapes and behind characters of several bytes") {
  const Result<Graph> graph =
      test::read("{ \"sinter\": 1,\n  \"outputs\": { \"out\": \"1 + \\u0061b\" }, \"note\": \"ä\" }\n");
  REQUIRE_FALSE(bool(graph));
  CHECK(format(graph.error()) ==
        "test.json:2:28: error[unknown_name]: 'out': no node, input or constant 'ab'\n"
        "      \"outputs\": { \"out\": \"1 + \\u0061b\" }, \"note\": \"ä\" }\n"
        "                               ^");
}

TEST_CASE("at most twenty errors are reported, in the order of the file") {
  std::string nodes;
  for (int i = 0; i < 100; ++i)
    nodes += (i ? ",\n" : "") + std::string("{ \"id\": \"n") + std::to_string(i) + "\", \"type\": \"nosuch\" }";
  const Result<Graph> graph =
      test::read("{ \"sinter\": 1, \"outputs\": { \"out\": 0 }, \"nodes\": [\n" + nodes + "\n] }");
  REQUIRE_FALSE(bool(graph));
  REQUIRE(graph.errors().size() == kMaxErrors);
  for (uint32_t i = 0; i < kMaxErrors; ++i) {
    CHECK(graph.errors()[i].place.line == i + 2);
    CHECK(graph.errors()[i].where == "n" + std::to_string(i));
  }
}

TEST_CASE("suggestions name what was meant") {
  const auto message = [](const std::string& node) {
    const Result<Graph> graph =
        test::read("{ \"sinter\": 1, \"params\": { \"drive\": { \"unit\": \"dB\" } }, \"nodes\": [\n" + node +
                   "\n], \"outputs\": { \"out\": \"a\" } }");
    REQUIRE_FALSE(bool(graph));
    return graph.error().message;
  };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  CHECK(has(message(R"({ "id": "a", "type": "lowpas", "in": { "in": 0 } })"), "did you mean 'lowpass'?"));
  CHECK(has(message(R"({ "id": "a", "type": "lowpass", "in": { "in": 0, "freq": 1, "Q": 1 } })"), "did you mean 'q'?"));
  CHECK(has(message(R"({ "id": "a", "type": "amp", "in": { "in": 0, "gain": "$drive" } })"), "write db($drive)"));
  CHECK(has(message(R"({ "id": "a", "expr": "$dirve" })"), "did you mean 'drive'?"));
  CHECK(has(message(R"({ "id": "a", "expr": "drive" })"), "write $drive"));
  CHECK(has(message(R"({ "id": "a", "expr": "$a" })"), "write a without $"));
  CHECK(has(message(R"json({ "id": "a", "expr": "tahn(1)" })json"), "did you mean 'tanh'?"));
  CHECK(has(message(R"({ "id": "a", "expr": "3hz" })"), "did you mean 'Hz'?"));
  CHECK(has(message(R"({ "id": "a", "type": "delay", "in": { "in": 0 }, "max": 1, "time": 1 })"),
            "write it inside \"in\""));
  CHECK(has(message(R"({ "id": "a", "type": "delay", "in": { "in": 0 }, "max": 1, "interpolation": "sinc" })"),
            "none, linear or cubic"));
  CHECK(has(message(R"({ "id": "a", "type": "samples", "in": { "in": 0, "n": "5ms" } })"), "write 5ms * sr"));
  CHECK(has(message(R"({ "id": "a", "type": "sample" })"), "later version"));
}
