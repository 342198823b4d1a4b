// Files that patches name: inside the patch's folder, links followed, no larger than allowed.
#pragma once

#include <filesystem>
#include <string>

#include "sinter/base/error.hpp"

namespace sinter {

/// The text of a patch file. Errors: cannot_read (also where it is no regular file), limit_file.
Result<std::string> read_text_file(const std::filesystem::path& path);

/// Where `name`, as written in a file of the folder `base`, lies; both folders are canonical. The file need not exist.
/// Errors: outside_folder (also where `folder` is empty), missing_asset (no such path can exist).
Result<std::filesystem::path> find_inside(const std::string& folder, const std::filesystem::path& base,
                                          const std::string& name);

/// Nothing where the file exists inside the folder and can be read. Errors: outside_folder, missing_asset.
Result<std::filesystem::path> find_asset(const std::string& folder, const std::string& name);

}  // namespace sinter
