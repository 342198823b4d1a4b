// A file as a loop: whole in memory, for the audio thread cannot read files.
#include <algorithm>

#include "sinter/host/audio_reader.hpp"
#include "sinter/host/player.hpp"

namespace sinter::host {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 30;
constexpr uint32_t kChunk = 65'536;

}  // namespace

Result<LoopFile> read_loop(const std::string& path, uint32_t sample_rate) {
  Result<std::unique_ptr<AudioReader>> opened = AudioReader::open(path);
  if (!opened) return opened.errors();
  AudioReader& reader = **opened;
  if (reader.sample_rate() != sample_rate)
    if (auto wrong = reader.resample(sample_rate)) return *wrong;
  if (reader.frames() > kMaxBytes / sizeof(float) / reader.channels())
    return Error{.code = Errc::limit_memory,
                 .message = "the loop takes more than 1 GB; give a shorter file",
                 .place = {.file = path}};
  LoopFile loop;
  loop.channels.assign(reader.channels(), {});
  std::vector<std::vector<float>> chunk(reader.channels(), std::vector<float>(kChunk));
  std::vector<float*> rows;
  for (std::vector<float>& row : chunk) rows.push_back(row.data());
  for (;;) {
    const Result<uint32_t> got = reader.read(rows.data(), kChunk);
    if (!got) return got.errors();
    for (size_t c = 0; c < chunk.size(); ++c)
      loop.channels[c].insert(loop.channels[c].end(), chunk[c].begin(), chunk[c].begin() + *got);
    loop.frames += *got;
    if (*got < kChunk) break;
  }
  if (!loop.frames)
    return Error{.code = Errc::bad_audio, .message = "there is no sound in it", .place = {.file = path}};
  return loop;
}

}  // namespace sinter::host
