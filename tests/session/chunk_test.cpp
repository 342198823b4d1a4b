// The bytes of a saved state: what is not whole is refused.
#include <doctest/doctest.h>
#include <zlib.h>

#include <cstring>

#include "state_chunk.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

SavedState example() {
  SavedState state;
  state.parameters = {{"cutoff", 1234.5}, {"mode", 1}};
  StateImage image;
  image.sample_rate = 48'000;
  image.frame = 123'456'789'012;
  image.states = {{"low/z", ElementKind::f32, 1, 2, 1, {1, 2, 3, 4, 5, 6, 7, 8}},
                  {"osc/phase", ElementKind::i32, 4, 1, 1, {9, 9, 9, 9}}};
  image.tables = {{"pluck/table", ElementKind::f32, 1, 1, 2, {1, 0, 0, 0, 2, 0, 0, 0}}};
  image.lines = {{"echo/line", ElementKind::f64, 2, 1, 1, {8, 7, 6, 5, 4, 3, 2, 1}},
                 {"empty", ElementKind::f32, 1, 1, 0, {}}};
  image.externals = {{"hall", 77, {3, 1, 4}}};
  state.image = image;
  return state;
}

bool refused(const std::vector<uint8_t>& chunk) {
  const Result<SavedState> state = read_state(chunk);
  return !state && state.error().code == Errc::bad_state;
}

// As write_state() does, around any payload: magic, version, CRC, length, deflated.
std::vector<uint8_t> wrapped(const std::vector<uint8_t>& payload, uint64_t told, uint32_t version = kStateVersion) {
  uLongf deflated = compressBound(static_cast<uLong>(payload.size()));
  std::vector<uint8_t> chunk(24 + deflated);
  compress2(chunk.data() + 24, &deflated, payload.data(), static_cast<uLong>(payload.size()), 9);
  chunk.resize(24 + deflated);
  std::memcpy(chunk.data(), "SintStat", 8);
  std::memcpy(chunk.data() + 8, &version, 4);
  std::memcpy(chunk.data() + 16, &told, 8);
  const auto crc = static_cast<uint32_t>(crc32(0, chunk.data() + 16, static_cast<uInt>(chunk.size() - 16)));
  std::memcpy(chunk.data() + 12, &crc, 4);
  return chunk;
}

std::vector<uint8_t> payload_of(const std::vector<uint8_t>& chunk) {
  uint64_t told = 0;
  std::memcpy(&told, chunk.data() + 16, 8);
  std::vector<uint8_t> payload(told);
  auto length = static_cast<uLongf>(told);
  REQUIRE(uncompress(payload.data(), &length, chunk.data() + 24, static_cast<uLong>(chunk.size() - 24)) == Z_OK);
  return payload;
}

}  // namespace

TEST_CASE("what is written is read again") {
  const SavedState wanted = example();
  const Result<std::vector<uint8_t>> chunk = write_state(wanted);
  REQUIRE(chunk);
  const Result<SavedState> got = read_state(*chunk);
  REQUIRE(got);
  CHECK(got->parameters == wanted.parameters);
  REQUIRE(got->image);
  CHECK(got->image->frame == wanted.image->frame);
  CHECK(*write_state(*got) == *chunk);
  CHECK(read_state(*write_state({})));
}

TEST_CASE("a chunk that is cut off at any byte is refused, and one that goes on") {
  const std::vector<uint8_t> chunk = *write_state(example());
  for (size_t length = 0; length < chunk.size(); ++length) {
    CAPTURE(length);
    CHECK(refused({chunk.begin(), chunk.begin() + static_cast<ptrdiff_t>(length)}));
  }
  std::vector<uint8_t> longer = chunk;
  longer.push_back(0);
  CHECK(refused(longer));
}

TEST_CASE("a chunk with any bit flipped is refused") {
  const std::vector<uint8_t> chunk = *write_state(example());
  for (size_t bit = 0; bit < chunk.size() * 8; ++bit) {
    CAPTURE(bit);
    std::vector<uint8_t> flipped = chunk;
    flipped[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    CHECK(refused(flipped));
  }
}

TEST_CASE("a payload that is cut off or lies under a good checksum is refused or read, never more") {
  const std::vector<uint8_t> payload = payload_of(*write_state(example()));
  REQUIRE_FALSE(refused(wrapped(payload, payload.size())));
  for (size_t length = 0; length < payload.size(); ++length) {
    CAPTURE(length);
    CHECK(refused(wrapped({payload.begin(), payload.begin() + static_cast<ptrdiff_t>(length)}, length)));
  }
  Random random(1);
  for (uint64_t i = 0; i < scaled(20'000); ++i) {
    std::vector<uint8_t> changed = payload;
    for (uint32_t n = random.below(4) + 1; n; --n)
      changed[random.below(static_cast<uint32_t>(changed.size()))] = static_cast<uint8_t>(random.next());
    const Result<SavedState> state = read_state(wrapped(changed, changed.size()));
    if (!state) CHECK(state.error().code == Errc::bad_state);
  }
}

TEST_CASE("a length that is not true is refused before memory is taken for it") {
  const std::vector<uint8_t> payload = payload_of(*write_state(example()));
  for (const uint64_t told :
       {uint64_t{0}, payload.size() - 1, payload.size() + 1, kMaxStateBytes, kMaxStateBytes + 1, UINT64_MAX})
    CHECK(refused(wrapped(payload, told)));
}

TEST_CASE("another version and what is none of ours are refused by name") {
  const std::vector<uint8_t> payload = payload_of(*write_state(example()));
  const auto said = [](const std::vector<uint8_t>& chunk) { return read_state(chunk).error().message; };
  CHECK(said(wrapped(payload, payload.size(), kStateVersion + 1)).find("version 2") != std::string::npos);
  CHECK(said({'R', 'I', 'F', 'F', 0, 0, 0, 0}).find("none of Sinter's") != std::string::npos);
  CHECK(said({}).find("nothing was changed") != std::string::npos);
}
