// Whole files or none.
#include "output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace sinter::host {
namespace {

namespace fs = std::filesystem;

Error cannot_write(const std::string& path, const std::string& what) {
  return {.code = Errc::cannot_write, .message = what, .place = {.file = path == "-" ? "standard output" : path}};
}

mode_t permissions() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

Error OutputFile::failed(const std::string& what) const {
  return cannot_write(path_, what + ": " + std::strerror(errno));
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

std::optional<Error> OutputFile::create(const std::string& path) {
  path_ = path;
  std::error_code code;
  target_ = fs::weakly_canonical(path, code).string();
  if (code) target_ = path;
  const fs::path target(target_);
  std::string name = (target.parent_path() / ("." + target.filename().string() + ".XXXXXX")).string();
  descriptor_ = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) return failed("cannot make a file in its folder");
  temporary_ = name;
  if (fchmod(descriptor_, permissions()) != 0) return failed("cannot set permissions");
  return {};
}

std::optional<Error> OutputFile::sync() {
  if (fsync(descriptor_) != 0) return failed("cannot be brought to disk");
  const int closed = close(descriptor_);
  descriptor_ = -1;
  if (closed != 0) return failed("cannot be closed");
  return {};
}

std::optional<Error> OutputFile::publish() {
  if (rename(temporary_.c_str(), target_.c_str()) != 0) return failed("cannot be put in its place");
  temporary_.clear();
  const std::string folder = fs::path(target_).parent_path().string();
  const int directory = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return {};  // some file systems let nobody open a folder; the file is complete all the same
  const int synced = fsync(directory);
  const int reason = errno;
  close(directory);
  if (synced != 0 && reason != EINVAL) {
    errno = reason;
    return failed("its folder cannot be brought to disk");
  }
  return {};
}

bool is_stream(const std::string& path) {
  if (path == "-") return true;
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  return !code && fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

std::optional<Error> write_stream(const std::string& path, const std::string& bytes) {
  const int descriptor = path == "-" ? STDOUT_FILENO : open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return cannot_write(path, std::strerror(errno));
  std::optional<Error> error;
  for (size_t at = 0; at < bytes.size() && !error;) {
    const ssize_t done = write(descriptor, bytes.data() + at, bytes.size() - at);
    if (done >= 0) at += static_cast<size_t>(done);
    else if (errno != EINTR) error = cannot_write(path, std::strerror(errno));
  }
  if (path != "-" && close(descriptor) != 0 && !error) error = cannot_write(path, std::strerror(errno));
  return error;
}

}  // namespace sinter::host
