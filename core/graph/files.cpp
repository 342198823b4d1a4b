// std::filesystem with error codes: nothing here throws for what a user's folder holds.
#include "files.hpp"

#include <algorithm>
#include <fstream>

#include "sinter/graph/graph.hpp"

namespace sinter {
namespace fs = std::filesystem;

Result<std::string> read_text_file(const fs::path& path) {
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  if (!fs::exists(status)) return Error{Errc::cannot_read, "", "no file '" + path.string() + "'"};
  if (!fs::is_regular_file(status))
    return Error{Errc::cannot_read, "", "'" + path.string() + "' is not a regular file"};
  const uintmax_t bytes = fs::file_size(path, failed);
  if (failed) return Error{Errc::cannot_read, "", "'" + path.string() + "': " + failed.message()};
  if (bytes > kMaxFileBytes)
    return Error{Errc::limit_file, "",
                 "'" + path.string() + "' has " + std::to_string(bytes) + " bytes, more than " +
                     std::to_string(kMaxFileBytes) + "; split it with import"};
  std::ifstream file(path, std::ios::binary);
  std::string text(bytes, '\0');
  if (!file || (bytes && !file.read(text.data(), static_cast<std::streamsize>(bytes))))
    return Error{Errc::cannot_read, "", "'" + path.string() + "' cannot be read; check its permissions"};
  return text;
}

Result<fs::path> find_inside(const std::string& folder, const fs::path& base, const std::string& name) {
  if (folder.empty())
    return Error{Errc::outside_folder, "", "this patch has no folder, so it cannot name files; read it from a file"};
  if (name.empty() || name.find('\0') != std::string::npos)
    return Error{Errc::missing_asset, "", "the name of the file is empty or not valid"};
  std::error_code failed;
  fs::path path = fs::weakly_canonical(base / name, failed);
  if (failed) return Error{Errc::missing_asset, "", "'" + name + "': " + failed.message()};
  const fs::path root(folder);
  const auto [inside, rest] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  if (inside != root.end())
    return Error{Errc::outside_folder, "", "'" + name + "' lies outside the patch's folder; copy it into the folder"};
  return path;
}

Result<fs::path> find_asset(const std::string& folder, const std::string& name) {
  Result<fs::path> path = find_inside(folder, folder, name);
  if (!path) return path;
  std::error_code failed;
  if (!fs::is_regular_file(*path, failed))
    return Error{Errc::missing_asset, "", "no file '" + name + "' in the patch's folder"};
  if (!std::ifstream(*path))
    return Error{Errc::missing_asset, "", "'" + name + "' cannot be read; check its permissions"};
  return path;
}

}  // namespace sinter
