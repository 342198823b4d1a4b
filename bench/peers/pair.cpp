// Finds pairs and reads what patches say about them.
#include "pair.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <filesystem>

#include "sinter/sinter.hpp"

namespace sinter::peers {
namespace {

namespace fs = std::filesystem;

Result<bool> read_remarks(const std::string& json, Pair& pair) {
  const auto wrong = [&](const std::string& message) { return Error{Errc::bad_setting, pair.patch_path, message}; };
  rapidjson::Document remarks;
  if (remarks.Parse(json.c_str()).HasParseError() || !remarks.IsObject()) return wrong("'x-peers' is not an object");
  for (const auto& [key, value] : remarks.GetObject()) {
    const std::string name = key.GetString();
    if (name == "lag" && value.IsUint()) pair.lag = value.GetUint();
    else if (name == "yardstick" && value.IsBool()) pair.yardstick = value.GetBool();
    else if (name == "spectrum" && value.IsBool()) pair.spectrum = value.GetBool();
    else if (name == "limit_db" && value.IsNumber()) pair.limit_db = value.GetDouble();
    else if (name == "single_db" && value.IsNumber()) pair.single_db = value.GetDouble();
    else if (name == "why" && value.IsString()) pair.why = value.GetString();
    else return wrong("'x-peers' has no '" + name + "' of this kind");
  }
  if (pair.spectrum && (pair.lag || pair.limit_db != kSame || pair.single_db != kSame))
    return wrong("'x-peers' compares spectra, which have no lag and a limit of their own");
  if (pair.spectrum) pair.limit_db = pair.single_db = kSameSpectrum;
  if (pair.why.empty() && (pair.lag || pair.limit_db > kSame || pair.single_db > kSame))
    return wrong("'x-peers' allows a difference without saying why");
  return true;
}

Result<Pair> read_pair(const fs::path& patch, const fs::path& programs) {
  Pair pair;
  pair.name = patch.stem();
  pair.patch_path = patch;
  const Result<Graph> graph = read_patch_file(patch, standard_nodes());
  if (!graph) return graph.errors();
  pair.title = graph->name.empty() ? pair.name : graph->name;
  for (const auto& [key, json] : graph->extra)
    if (key == "x-peers")
      if (const Result<bool> read = read_remarks(json, pair); !read) return read.errors();
  for (const fs::directory_entry& entry : fs::directory_iterator(programs)) {
    const std::string file = entry.path().filename();
    if (entry.path().extension() == ".dsp" && file.starts_with(pair.name + ".")) pair.dsp_paths.push_back(entry.path());
  }
  std::sort(pair.dsp_paths.begin(), pair.dsp_paths.end());
  if (pair.dsp_paths.empty())
    return Error{Errc::cannot_read, (programs / (pair.name + ".dsp")).string(), "there is no such program"};
  return pair;
}

}  // namespace

Result<std::vector<Pair>> find_pairs(const std::string& folder, const std::vector<std::string>& only) {
  const fs::path patches = fs::path(folder) / "patches", programs = fs::path(folder) / "faust";
  std::error_code failed;
  for (const fs::path& part : {patches, programs})
    if (!fs::is_directory(part, failed)) return Error{Errc::cannot_read, part.string(), "there is no such folder"};
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(patches))
    if (entry.path().extension() == ".json") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  for (const std::string& name : only)
    if (std::none_of(found.begin(), found.end(), [&](const fs::path& path) { return path.stem() == name; }))
      return Error{Errc::cannot_read, (patches / (name + ".json")).string(), "there is no such patch"};
  std::vector<Pair> pairs;
  for (const fs::path& path : found) {
    if (!only.empty() && std::find(only.begin(), only.end(), path.stem()) == only.end()) continue;
    Result<Pair> pair = read_pair(path, programs);
    if (!pair) return pair.errors();
    pairs.push_back(std::move(*pair));
  }
  return pairs;
}

}  // namespace sinter::peers
