// A file that appears whole or not at all: a temporary neighbour, fsync, rename, fsync of the folder.
#pragma once

#include <optional>
#include <string>

#include "sinter/base/error.hpp"

namespace sinter::host {

/// Control thread. Removes its temporary file unless published.
class OutputFile {
 public:
  OutputFile() = default;
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Creates the temporary file in the folder of `path` (of its target, where it is a link).
  std::optional<Error> create(const std::string& path);
  int descriptor() const { return descriptor_; }
  /// All bytes to disk.
  std::optional<Error> sync();
  std::optional<Error> publish();

 private:
  Error failed(const std::string& what) const;

  std::string path_, target_, temporary_;
  int descriptor_ = -1;
};

/// True for "-" and for paths that exist and are no regular file: those are written in place.
bool is_stream(const std::string& path);
/// Writes all bytes to "-" or an existing device or pipe.
std::optional<Error> write_stream(const std::string& path, const std::string& bytes);

}  // namespace sinter::host
