// The JSON Schema against the examples, by an independent validator where this machine has one.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sinter/nodes/nodes.hpp"
#include "support.hpp"
#include "test_library.hpp"

using namespace sinter;
namespace fs = std::filesystem;

namespace {

constexpr int kNoValidator = 77;

/// The exit code of tests/graph/schema_check.py.
int validate(const std::string& arguments) {
  const std::string script = std::string(SINTER_SOURCE_DIR) + "/tests/graph/schema_check.py";
  const int status = std::system(("python3 '" + script + "' " + arguments).c_str());
  return status < 0 ? kNoValidator : status >> 8 == 127 ? kNoValidator : status >> 8;
}

std::string written_schema(const NodeLibrary& library, const char* name) {
  const std::string path = std::string(SINTER_BINARY_DIR) + "/" + name;
  std::ofstream(path) << patch_schema(library);
  return path;
}

}  // namespace

TEST_CASE("the schema that ships is the one of the node library") {
  const std::string path = std::string(SINTER_SOURCE_DIR) + "/docs/patch.schema.json",
                    made = patch_schema(standard_nodes());
  if (std::getenv("SINTER_BLESS")) std::ofstream(path, std::ios::binary) << made;
  std::ifstream file(path, std::ios::binary);
  const std::string kept{std::istreambuf_iterator<char>(file), {}};
  CHECK_MESSAGE(kept == made, "run SINTER_BLESS=1 test_graph and commit docs/patch.schema.json");
}

TEST_CASE("every example validates against the schema of the node library") {
  const fs::path examples = fs::path(SINTER_SOURCE_DIR) / "examples";
  std::string files;
  if (fs::exists(examples))
    for (const auto& entry : fs::recursive_directory_iterator(examples))
      if (entry.path().extension() == ".json") files += " '" + entry.path().string() + "'";
  const int code = validate("'" + written_schema(standard_nodes(), "patch.schema.json") + "'" + files);
  if (code == kNoValidator) return test::skipped("schema validation of the examples", "python3-jsonschema is missing");
  CHECK(code == 0);
}

TEST_CASE("every example is read without an error or a warning") {
  const fs::path examples = fs::path(SINTER_SOURCE_DIR) / "examples";
  if (!fs::exists(examples)) return;
  for (const auto& entry : fs::directory_iterator(examples)) {
    if (entry.path().extension() != ".json") continue;
    std::vector<Error> warnings;
    const Result<Graph> graph = read_patch_file(entry.path().string(), standard_nodes(), &warnings);
    CHECK_MESSAGE(bool(graph), (graph ? "" : format(graph.error())));
    for (const Error& warning : warnings) FAIL_CHECK(format(warning));
    if (!graph) continue;
    const Result<Graph> again = read_patch(write_patch(*graph), "again.json", graph->folder, standard_nodes());
    CHECK_MESSAGE(bool(again), (again ? "" : format(again.error())));
    if (again) CHECK(*again == *graph);
  }
}

TEST_CASE("the schema refuses what the reader refuses in structure, and takes what it takes") {
  const std::string schema = written_schema(test::small_library(), "small.schema.json");
  const std::string folder = std::string(SINTER_SOURCE_DIR) + "/tests/graph/broken/";
  std::string refused = "--refuse '" + schema + "'";
  for (const char* name :
       {"version_2",      "version_missing",    "unknown_top_key",     "unknown_meta_key",   "no_outputs",
        "empty_outputs",  "node_no_id",         "node_id_digit",       "node_neither",       "node_both",
        "unknown_port",   "unknown_setting",    "missing_input",       "missing_setting",    "setting_range",
        "setting_choice", "setting_flag",       "setting_numbers",     "strategy",           "channels_zero",
        "channels_4097",  "input_channels_65",  "param_unknown_key",   "param_choice_range", "param_scale",
        "param_unit",     "param_cc",           "where_on_type",       "expr_unknown_key",   "define_no_output",
        "import_number",  "poly_channels",      "poly_chain",          "poly_without_of",    "poly_voices_257",
        "poly_steal",     "poly_connects_freq", "poly_unknown_setting"})
    if (fs::exists(folder + name + ".json")) refused += " '" + folder + name + ".json'";
  const int code = validate(refused);
  if (code == kNoValidator) return test::skipped("schema refusals", "python3-jsonschema is missing");
  CHECK(code == 0);
  const std::string fine = std::string(SINTER_BINARY_DIR) + "/fine.json";
  std::ofstream(fine)
      << R"({ "sinter": 1, "inputs": { "in": 2 }, "params": { "p": { "choices": ["a"], "default": "a" }, "q": { "min": 1, "default": 2 } },
      "nodes": [{ "id": "a", "expr": ["in +", "1"], "where": { "x": 1 }, "strategy": "scan" }, { "id": "b", "type": "delay", "in": { "in": "a" }, "max": "3ms", "x-y": 1 },
                { "id": "c", "type": "comp", "in": { "*": true, "z": "b" } }],
      "define": { "comp": { "inputs": { "z": 1 }, "outputs": { "out": "z" } } }, "outputs": { "out": "c" }, "x-a": {} })";
  CHECK(validate("'" + schema + "' '" + fine + "'") == 0);
}
