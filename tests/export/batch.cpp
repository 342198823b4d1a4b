// See batch.hpp.
#include "batch.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "guarded.hpp"
#include "support.hpp"

namespace sinter::test {
namespace {

namespace fs = std::filesystem;

fs::path folder() { return fs::path(SINTER_BINARY_DIR) / ("export-" + std::to_string(::getpid())); }

std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

std::vector<Compiler> compilers() {
  std::vector<Compiler> all;
  const struct { const char *name, *path; } known[] = {{"g++", SINTER_EXPORT_GXX}, {"clang++", SINTER_EXPORT_CLANGXX}};
  for (const auto& [name, path] : known) {
    if (!*path) {
      skipped("exported headers with " + std::string(name), "it is not installed");
      continue;
    }
    all.push_back({name, path, ""});
  }
  return all;
}

Batch::~Batch() {
  for (void* library : libraries_) ::dlclose(library);
}

std::string Batch::build_one(const Compiler& compiler, size_t number) const {
  const fs::path base = folder() / (name_ + "-" + std::to_string(number));
  const std::string command =
      compiler.path + " -std=c++17 -Wall -Wextra -Wpedantic -Werror -fPIC -shared -fvisibility=hidden " +
      compiler.options + " -I" + folder().string() + " -I" SINTER_SOURCE_DIR "/tests/export -o " + base.string() +
      ".so " + (folder() / (name_ + ".cpp")).string() + " > " + base.string() + ".log 2>&1";
  if (std::system(command.c_str()) == 0) return "";
  return compiler.name + " does not compile it:\n" + read(base.string() + ".log").substr(0, 4'000);
}

std::string Batch::build(const std::vector<Compiler>& all) {
  fs::create_directories(folder());
  std::ofstream source(folder() / (name_ + ".cpp"));
  std::string list;
  for (size_t h = 0; h < headers_.size(); ++h) {
    const std::string file = name_ + "_" + std::to_string(h) + ".hpp";
    std::ofstream(folder() / file) << headers_[h];
    source << "#include \"" << file << "\"\n";
    list += "patch_api<" + name_ + "_" + std::to_string(h) + "::Patch>(), ";
  }
  source << "#include \"api.hpp\"\nextern \"C\" [[gnu::visibility(\"default\")]] const PatchApi* patches();\nextern "
            "\"C\" const PatchApi* patches() {\n"
            "  static const PatchApi all[] = {"
         << list << "};\n  return all;\n}\n";
  source.close();
  std::vector<std::future<std::string>> building;
  for (size_t c = 0; c < all.size(); ++c)
    building.push_back(std::async(std::launch::async, [this, &all, c] { return build_one(all[c], c); }));
  std::string wrong;
  for (auto& one : building) wrong += one.get();
  for (size_t c = 0; wrong.empty() && c < all.size(); ++c) {
    void* library = ::dlopen((folder() / (name_ + "-" + std::to_string(c) + ".so")).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) return ::dlerror();
    libraries_.push_back(library);
    apis_.push_back(reinterpret_cast<const PatchApi* (*)()>(::dlsym(library, "patches"))());
  }
  // What failed stays to be looked at.
  if (wrong.empty()) fs::remove_all(folder());
  return wrong;
}

std::vector<std::vector<float>> run(Played& patch, const Scenario& scenario, const Partition& partition) {
  const auto outputs = static_cast<size_t>(patch.api.outputs);
  std::vector<std::vector<float>> result(outputs, std::vector<float>(scenario.frames));
  const uint32_t longest = partition.block ? partition.block : scenario.frames;
  std::vector<std::unique_ptr<GuardedRow>> in_rows, out_rows;
  for (int c = 0; c < patch.api.inputs; ++c) in_rows.push_back(std::make_unique<GuardedRow>(longest, true));
  for (size_t c = 0; c < outputs; ++c) out_rows.push_back(std::make_unique<GuardedRow>(longest, true));
  Random lengths(partition.seed);
  size_t turn = 0;
  for (uint32_t at = 0; at < scenario.frames;) {
    for (; turn < scenario.turns.size() && scenario.turns[turn].frame <= at; ++turn)
      patch.api.set_parameter(patch.get(), static_cast<int>(scenario.turns[turn].param), scenario.turns[turn].value);
    uint32_t frames = std::min(partition.seed ? 1 + lengths.below(longest) : longest, scenario.frames - at);
    if (turn < scenario.turns.size()) frames = std::min(frames, scenario.turns[turn].frame - at);
    const uint32_t skip = longest - frames;
    std::vector<const float*> in;
    std::vector<float*> out;
    for (size_t c = 0; c < in_rows.size(); ++c) {
      std::memcpy(in_rows[c]->data() + skip, scenario.inputs[c].data() + at, frames * sizeof(float));
      in.push_back(in_rows[c]->data() + skip);
    }
    for (size_t c = 0; c < outputs; ++c)
      out.push_back((partition.in_place && c < in.size() ? in_rows[c] : out_rows[c])->data() + skip);
    if (partition.empties) patch.api.process(patch.get(), in.data(), out.data(), 0);
    patch.api.process(patch.get(), in.data(), out.data(), static_cast<int>(frames));
    for (size_t c = 0; c < outputs; ++c) std::memcpy(result[c].data() + at, out[c], frames * sizeof(float));
    at += frames;
  }
  return result;
}

}  // namespace sinter::test
