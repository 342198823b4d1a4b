// Walks the chunks of RIFF (WAV), RF64 and FORM (AIFF) files. Sources: Microsoft, Multimedia Programming Interface and
// Data Specifications 1.0 (1991); EBU Tech 3306 (RF64); Apple, Audio Interchange File Format 1.3 (1989).
#include "riff.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>

namespace sinter::host {
namespace {

using Read = std::function<bool(uint64_t offset, uint8_t* to, size_t count)>;

constexpr uint32_t kUnknownLength = 0xffffffff;
constexpr uint32_t kMaxChunks = 1000;

uint64_t number(const uint8_t* bytes, uint32_t count, bool big_endian) {
  uint64_t value = 0;
  for (uint32_t i = 0; i < count; ++i) value = value << 8 | bytes[big_endian ? i : count - 1 - i];
  return value;
}

bool is(const uint8_t* bytes, std::string_view id) { return std::equal(id.begin(), id.end(), bytes); }

std::optional<Shortfall> shortfall(uint64_t size, const Read& read) {
  uint8_t head[16];
  if (!read(0, head, 12)) return {};
  const bool rf64 = is(head, "RF64");
  const bool big_endian = is(head, "FORM") || is(head, "RIFX");
  if (!rf64 && !big_endian && !is(head, "RIFF")) return {};
  uint64_t long_data = 0;
  uint64_t at = 12;
  for (uint32_t chunk = 0; chunk < kMaxChunks && read(at, head, 8); ++chunk) {
    uint64_t length = number(head + 4, 4, big_endian);
    const bool audio = is(head, "data") || is(head, "SSND");
    if (rf64 && is(head, "ds64") && read(at + 8, head, 16)) long_data = number(head + 8, 8, false);
    if (audio && length == kUnknownLength) length = long_data;
    if (audio) return at + 8 + length > size ? std::optional(Shortfall{at + 8 + length, size}) : std::nullopt;
    at += 8 + length + (length & 1);
  }
  return {};
}

}  // namespace

std::optional<Shortfall> shortfall_of_bytes(std::string_view bytes) {
  return shortfall(bytes.size(), [&](uint64_t offset, uint8_t* to, size_t count) {
    if (offset > bytes.size() || bytes.size() - offset < count) return false;
    std::copy_n(bytes.data() + offset, count, to);
    return true;
  });
}

std::optional<Shortfall> shortfall_of_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file || std::fseek(file.get(), 0, SEEK_END) != 0) return {};
  const long size = std::ftell(file.get());
  if (size < 0) return {};
  return shortfall(static_cast<uint64_t>(size), [&](uint64_t offset, uint8_t* to, size_t count) {
    if (offset > static_cast<uint64_t>(size)) return false;
    return std::fseek(file.get(), static_cast<long>(offset), SEEK_SET) == 0 &&
           std::fread(to, 1, count, file.get()) == count;
  });
}

}  // namespace sinter::host
