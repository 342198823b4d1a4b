// Little-endian fields in a row, checked for length one by one, deflated and under a CRC.
#include "state_chunk.hpp"

#include <zlib.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <new>

namespace sinter {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie in memory");

constexpr uint8_t kMagic[8] = {'S', 'i', 'n', 't', 'S', 't', 'a', 't'};
constexpr size_t kCheckedFrom = sizeof kMagic + 8;  // what the CRC covers: version and CRC come before
constexpr size_t kHeader = kCheckedFrom + 8;
constexpr uint64_t kMostDeflated = 1'032;  // zlib's limit: bytes out of one byte in
constexpr uint32_t kMaxKey = 64u << 10;
constexpr uint64_t kLastFrame = uint64_t{1} << 53;  // some centuries; counts at higher clocks stay in range

Error bad(std::string message) {
  return {.code = Errc::bad_state, .message = "the saved state " + std::move(message) + "; nothing was changed"};
}

class Writer {
 public:
  template <class T>
  void number(T value) {
    const size_t at = bytes.size();
    bytes.resize(at + sizeof value);
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
  void text(const std::string& value) {
    number(static_cast<uint32_t>(value.size()));
    bytes.insert(bytes.end(), value.begin(), value.end());
  }
  void blob(const std::vector<uint8_t>& value) {
    number(static_cast<uint64_t>(value.size()));
    bytes.insert(bytes.end(), value.begin(), value.end());
  }
  template <class Entries, class Each>
  void list(const Entries& entries, const Each& each) {
    number(static_cast<uint32_t>(entries.size()));
    for (const auto& entry : entries) each(entry);
  }
  std::vector<uint8_t> bytes;
};

// Reads past the end give zeros and ok = false, so that one look at the end is enough; nothing is allocated for what
// the rest of the bytes cannot hold.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : rest_(bytes) {}
  template <class T>
  T number() {
    T value{};
    if (const auto bytes = take(sizeof value); !bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string text() {
    const auto length = number<uint32_t>();
    if (length > kMaxKey) ok = false;
    const auto bytes = take(length);
    return {bytes.begin(), bytes.end()};
  }
  std::vector<uint8_t> blob() {
    const auto bytes = take(number<uint64_t>());
    return {bytes.begin(), bytes.end()};
  }
  template <class T, class Each>
  std::vector<T> list(const Each& each) {
    std::vector<T> entries;
    for (auto left = number<uint32_t>(); left && ok; --left) entries.push_back(each());
    return entries;
  }
  void want(bool condition) { ok &= condition; }
  bool at_end() const { return rest_.empty(); }
  bool ok = true;

 private:
  std::span<const uint8_t> take(uint64_t count) {
    ok &= count <= rest_.size();
    if (!ok) return {};
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  std::span<const uint8_t> rest_;
};

// -- The image

void write_head(Writer& out, const std::string& key, ElementKind kind, uint8_t clock, uint32_t lanes) {
  out.text(key);
  out.number(static_cast<uint8_t>(kind));
  out.number(clock);
  out.number(lanes);
}

template <class Slot>
void read_head(Reader& in, Slot& slot) {
  slot.key = in.text();
  const auto kind = in.number<uint8_t>();
  slot.kind = static_cast<ElementKind>(kind);
  slot.clock = in.number<uint8_t>();
  slot.lanes = in.number<uint32_t>();
  in.want(kind <= static_cast<uint8_t>(ElementKind::i32));
  in.want(slot.clock <= 16 && std::has_single_bit(slot.clock) && slot.lanes > 0);
}

bool fits(const std::vector<uint8_t>& data, ElementKind kind, uint32_t lanes, uint32_t size) {
  const uint64_t elements = uint64_t{lanes} * size;
  return elements <= kMaxStateBytes && elements * bytes_of(kind) == data.size();
}

void write_image(Writer& out, const StateImage& image) {
  out.number(image.sample_rate);
  out.number(image.frame);
  const auto cells = [&](const StateImage::Cells& each) {
    write_head(out, each.key, each.kind, each.clock, each.lanes);
    out.number(each.size);
    out.blob(each.data);
  };
  out.list(image.states, cells);
  out.list(image.tables, cells);
  out.list(image.lines, [&](const StateImage::Line& each) {
    write_head(out, each.key, each.kind, each.clock, each.lanes);
    out.number(each.frames);
    out.blob(each.data);
  });
  out.list(image.externals, [&](const StateImage::External& each) {
    out.text(each.key);
    out.number(each.fingerprint);
    out.blob(each.data);
  });
}

StateImage read_image(Reader& in) {
  StateImage image;
  image.sample_rate = in.number<double>();
  in.want(image.sample_rate >= 8'000 && image.sample_rate <= 768'000);
  image.frame = in.number<uint64_t>();
  in.want(image.frame <= kLastFrame);
  const auto cells = [&] {
    StateImage::Cells each;
    read_head(in, each);
    each.size = in.number<uint32_t>();
    each.data = in.blob();
    in.want(fits(each.data, each.kind, each.lanes, each.size));
    return each;
  };
  image.states = in.list<StateImage::Cells>(cells);
  image.tables = in.list<StateImage::Cells>(cells);
  image.lines = in.list<StateImage::Line>([&] {
    StateImage::Line each;
    read_head(in, each);
    each.frames = in.number<uint32_t>();
    each.data = in.blob();
    in.want(fits(each.data, each.kind, each.lanes, each.frames));
    return each;
  });
  image.externals = in.list<StateImage::External>([&] {
    StateImage::External each;
    each.key = in.text();
    each.fingerprint = in.number<uint64_t>();
    each.data = in.blob();
    return each;
  });
  return image;
}

// -- Around it

Result<std::vector<uint8_t>> inflated(std::span<const uint8_t> deflated, uint64_t bytes) {
  if (bytes > kMaxStateBytes) return bad("is larger than 512 MB");
  if (bytes > (deflated.size() + 64) * kMostDeflated) return bad("is damaged");
  std::vector<uint8_t> payload(bytes);
  auto have = static_cast<uLongf>(bytes);
  auto used = static_cast<uLong>(deflated.size());
  const int result = uncompress2(payload.data(), &have, deflated.data(), &used);
  if (result == Z_MEM_ERROR) throw std::bad_alloc();
  if (result != Z_OK || have != bytes || used != deflated.size()) return bad("is damaged");
  return payload;
}

uint32_t checksum(const std::vector<uint8_t>& chunk) {
  return static_cast<uint32_t>(
      crc32_z(0, chunk.data() + kCheckedFrom, static_cast<z_size_t>(chunk.size() - kCheckedFrom)));
}

}  // namespace

Result<std::vector<uint8_t>> write_state(const SavedState& state) {
  Writer payload;
  payload.list(state.parameters, [&](const auto& parameter) {
    payload.text(parameter.first);
    payload.number(parameter.second);
  });
  payload.number(static_cast<uint8_t>(state.image.has_value()));
  if (state.image) write_image(payload, *state.image);
  if (payload.bytes.size() > kMaxStateBytes) return bad("would be larger than 512 MB");

  const auto raw = static_cast<uLong>(payload.bytes.size());
  uLongf deflated = compressBound(raw);
  std::vector<uint8_t> chunk(kHeader + deflated);
  if (compress2(chunk.data() + kHeader, &deflated, payload.bytes.data(), raw, Z_BEST_SPEED) != Z_OK)
    throw std::bad_alloc();  // the only reason left: the buffer is large enough
  chunk.resize(kHeader + deflated);
  const uint64_t length = raw;
  std::memcpy(chunk.data(), kMagic, sizeof kMagic);
  std::memcpy(chunk.data() + sizeof kMagic, &kStateVersion, sizeof kStateVersion);
  std::memcpy(chunk.data() + kCheckedFrom, &length, sizeof length);
  const uint32_t crc = checksum(chunk);
  std::memcpy(chunk.data() + kCheckedFrom - sizeof crc, &crc, sizeof crc);
  return chunk;
}

Result<SavedState> read_state(std::span<const uint8_t> chunk) {
  Reader header(chunk);
  for (const uint8_t expected : kMagic)
    if (header.number<uint8_t>() != expected) return bad("is none of Sinter's");
  const auto version = header.number<uint32_t>();
  if (!header.ok) return bad("is cut off");
  if (version != kStateVersion)
    return bad("is of version " + std::to_string(version) + ", this program reads version " +
               std::to_string(kStateVersion));
  const auto crc = header.number<uint32_t>();
  const auto bytes = header.number<uint64_t>();
  if (!header.ok) return bad("is cut off");
  const auto checked = chunk.subspan(kCheckedFrom);
  if (crc32_z(0, checked.data(), static_cast<z_size_t>(checked.size())) != crc) return bad("is damaged or cut off");
  const Result<std::vector<uint8_t>> payload = inflated(chunk.subspan(kHeader), bytes);
  if (!payload) return payload.errors();

  Reader in(*payload);
  SavedState state;
  state.parameters = in.list<std::pair<std::string, double>>([&] {
    std::pair<std::string, double> parameter;
    parameter.first = in.text();
    parameter.second = in.number<double>();
    in.want(!parameter.first.empty() && std::isfinite(parameter.second));
    return parameter;
  });
  const auto has_image = in.number<uint8_t>();
  in.want(has_image <= 1);
  if (has_image && in.ok) state.image = read_image(in);
  if (!in.ok || !in.at_end()) return bad("is damaged");
  return state;
}

}  // namespace sinter
