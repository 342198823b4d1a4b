// Imports and the files that nodes name: inside the patch's folder, links followed.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "test_library.hpp"

using namespace sinter;
namespace fs = std::filesystem;

namespace {

/// A folder of its own with a patch folder inside; removed at the end.
struct Folder {
  fs::path root = fs::path(SINTER_BINARY_DIR) / "graph_import_test";
  fs::path patch = root / "patch";
  Folder() {
    fs::remove_all(root);
    fs::create_directories(patch / "lib/deep");
  }
  ~Folder() { fs::remove_all(root); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(root / name) << text; }
  Result<Graph> read() const { return read_patch_file((patch / "main.json").string(), test::small_library()); }
};

const std::string kOne = R"("one": { "inputs": { "x": 1 }, "outputs": { "out": "x * 2" } })";

}  // namespace

TEST_CASE("imports bring in definitions, those of their imports too, and a file twice only once") {
  Folder folder;
  folder.write("patch/main.json", R"({ "sinter": 1, "import": ["lib/a.json", "lib/b.json"], "inputs": { "in": 1 },
      "nodes": [{ "id": "first", "type": "one", "in": { "x": "in" } }, { "id": "m", "type": "two", "in": { "x": "first" } }], "outputs": { "out": "m" } })");
  folder.write("patch/lib/a.json", R"({ "sinter": 1, "import": ["deep/c.json"], "name": "library" })");
  folder.write("patch/lib/b.json", R"({ "sinter": 1, "import": ["./deep/../deep/c.json"], "define": {
      "two": { "inputs": { "x": 1 }, "nodes": [{ "id": "o", "type": "one", "in": { "x": "x" } }], "outputs": { "out": "o" } } } })");
  folder.write("patch/lib/deep/c.json", "{ \"sinter\": 1, \"define\": { " + kOne + " } }");
  const Result<Graph> graph = folder.read();
  REQUIRE_MESSAGE(bool(graph), (graph ? "" : format(graph.error())));
  CHECK(graph->imports == std::vector<std::string>{"lib/a.json", "lib/b.json"});
  REQUIRE(graph->definitions.size() == 2);
  CHECK(graph->definitions[0].imported);
  CHECK(graph->definitions[1].imported);
  CHECK(graph->folder == fs::canonical(folder.patch).string());
  CHECK(graph->sources->files.size() == 4);

  const std::string written = write_patch(*graph);
  CHECK(written.find("\"define\"") == std::string::npos);
  const Result<Graph> again = read_patch(written, "again.json", folder.patch.string(), test::small_library());
  REQUIRE(bool(again));
  CHECK(*again == *graph);
}

TEST_CASE("errors in an imported file name that file") {
  Folder folder;
  folder.write("patch/main.json", R"({ "sinter": 1, "import": ["lib/a.json"], "outputs": { "out": 0 } })");
  folder.write("patch/lib/a.json",
               "{ \"sinter\": 1, \"define\": {\n  \"one\": { \"outputs\": { \"out\": \"y\" } } } }");
  const Result<Graph> graph = folder.read();
  REQUIRE_FALSE(bool(graph));
  CHECK(graph.error().code == Errc::unknown_name);
  CHECK(graph.error().place.file == (folder.patch / "lib/a.json").string());
  CHECK(graph.error().place.line == 2);
  CHECK(graph.error().where == "one/out");
}

TEST_CASE("links may not lead out of the folder, and may lead around inside it") {
  Folder folder;
  folder.write("secret.json", "{ \"sinter\": 1, \"define\": { " + kOne + " } }");
  folder.write("patch/lib/real.json", "{ \"sinter\": 1, \"define\": { " + kOne + " } }");
  fs::create_symlink("../secret.json", folder.patch / "out.json");
  fs::create_directory_symlink("..", folder.patch / "up");
  fs::create_symlink("lib/real.json", folder.patch / "in.json");
  fs::create_symlink("circle.json", folder.patch / "circle.json");
  struct {
    const char* name;
    const char* errors;
  } const rows[] = {{"in.json", ""},
                    {"lib/../lib/real.json", ""},
                    {"../patch/lib/real.json", ""},
                    {"out.json", "outside_folder 1:29"},
                    {"up/secret.json", "outside_folder 1:29"},
                    {"../secret.json", "outside_folder 1:29"},
                    {"../nosuch.json", "outside_folder 1:29"},
                    {"circle.json", "import_failed 1:29"},
                    {"", "import_failed 1:29"},
                    {"lib\\u0000/real.json", "import_failed 1:29"}};
  for (const auto& row : rows) {
    CAPTURE(row.name);
    folder.write("patch/main.json",
                 std::string("{ \"sinter\": 1, \"import\": [  \"") + row.name + "\"], \"outputs\": { \"out\": 0 } }");
    const Result<Graph> graph = folder.read();
    CHECK((graph ? "" : test::summary(graph.errors())) == std::string(row.errors));
  }
  // A folder whose name begins like the patch's is still another one.
  fs::create_directories(folder.root / "patch2");
  folder.write("patch2/x.json", "{ \"sinter\": 1, \"define\": { " + kOne + " } }");
  folder.write("patch/main.json", R"({ "sinter": 1, "import": [  "../patch2/x.json"], "outputs": { "out": 0 } })");
  CHECK(test::summary(folder.read().errors()) == "outside_folder 1:29");
}

TEST_CASE("files that nodes name start at the file they are written in") {
  Folder folder;
  folder.write("patch/hall.wav", "RIFF");
  folder.write("patch/lib/room.wav", "RIFF");
  folder.write("patch/main.json", R"({ "sinter": 1, "import": ["lib/a.json"], "inputs": { "in": 1 },
      "nodes": [{ "id": "first", "type": "convolve", "in": { "in": "in" }, "file": "hall.wav" }, { "id": "m", "type": "room", "in": { "x": "first" } }],
      "outputs": { "out": "m" } })");
  folder.write("patch/lib/a.json", R"({ "sinter": 1, "define": { "room": { "inputs": { "x": 1 },
      "nodes": [{ "id": "first", "type": "convolve", "in": { "in": "x" }, "file": "room.wav" }], "outputs": { "out": "first" } } } })");
  const Result<Graph> graph = folder.read();
  REQUIRE_MESSAGE(bool(graph), (graph ? "" : format(graph.error())));
  CHECK(graph->nodes[0].settings[0].second.text == "hall.wav");
  CHECK(graph->definitions[0].body.nodes[0].settings[0].second.text == "lib/room.wav");
}

TEST_CASE("a long line of imports ends in an error") {
  Folder folder;
  folder.write("patch/main.json", R"({ "sinter": 1, "import": ["0.json"], "outputs": { "out": 0 } })");
  for (int i = 0; i < 100; ++i)
    folder.write("patch/" + std::to_string(i) + ".json",
                 "{ \"sinter\": 1, \"define\": {}, \"import\": [\"" + std::to_string(i + 1) + ".json\"] }");
  const Result<Graph> graph = folder.read();
  REQUIRE_FALSE(bool(graph));
  CHECK(graph.error().code == Errc::limit_nesting);
}
