// A file in memory behind libsndfile's virtual i/o, for standard streams, which cannot seek.
#pragma once

#include <sndfile.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace sinter::host {

struct MemoryFile {
  std::string bytes;
  sf_count_t at = 0;

  sf_count_t size() const { return static_cast<sf_count_t>(bytes.size()); }
  sf_count_t seek(sf_count_t offset, int whence) {
    const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? at : size();
    return at = std::max<sf_count_t>(base + offset, 0);
  }
  sf_count_t read(void* to, sf_count_t count) {
    count = std::clamp<sf_count_t>(size() - at, 0, std::max<sf_count_t>(count, 0));
    std::memcpy(to, bytes.data() + at, static_cast<size_t>(count));
    at += count;
    return count;
  }
  sf_count_t write(const void* from, sf_count_t count) {
    if (size() < at + count) bytes.resize(static_cast<size_t>(at + count));
    std::memcpy(bytes.data() + at, from, static_cast<size_t>(count));
    at += count;
    return count;
  }

  /// Callbacks whose user pointer is a MemoryFile.
  static SF_VIRTUAL_IO io() {
    SF_VIRTUAL_IO io{};
    io.get_filelen = [](void* user) { return static_cast<MemoryFile*>(user)->size(); };
    io.seek = [](sf_count_t offset, int whence, void* user) {
      return static_cast<MemoryFile*>(user)->seek(offset, whence);
    };
    io.read = [](void* to, sf_count_t count, void* user) { return static_cast<MemoryFile*>(user)->read(to, count); };
    io.write = [](const void* from, sf_count_t count, void* user) {
      return static_cast<MemoryFile*>(user)->write(from, count);
    };
    io.tell = [](void* user) { return static_cast<MemoryFile*>(user)->at; };
    return io;
  }
};

}  // namespace sinter::host
