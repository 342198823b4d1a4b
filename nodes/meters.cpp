// What programs show: signals measured and recorded without locks on their way through.
#include "families.hpp"
#include "sinter/base/fingerprint.hpp"
#include "sinter/engine/external.hpp"
#include "sinter/engine/recording.hpp"

namespace sinter::nodes {
namespace {

constexpr uint32_t kScopeFrames = 4096, kSpectrumFrames = 16'384;

class Recorder final : public External {
 public:
  Recorder(uint32_t channels, uint32_t frames) : recording_(std::make_shared<Recording>(channels, frames)) {}
  void process(const ExternalBlock& block) noexcept override { recording_->write(block.inputs, block.frames); }
  void reset() noexcept override { recording_->silence(); }
  bool take_over(const External& from, uint64_t bytes, bool first) noexcept override {
    return recording_->follow(*static_cast<const Recorder&>(from).recording_, bytes, first);
  }
  std::shared_ptr<const Recording> recording() const override { return recording_; }

 private:
  const std::shared_ptr<Recording> recording_;
};

class RecorderType final : public ExternalType {
 public:
  RecorderType(std::string_view name, uint32_t channels, uint32_t frames)
      : name_(name), channels_(channels), frames_(frames) {}
  std::string_view name() const override { return name_; }
  uint64_t fingerprint() const override { return Fingerprint().text(name_).word(channels_).word(frames_).value(); }
  uint32_t latency_frames() const override { return 0; }
  uint64_t tail_frames(double) const override { return 0; }
  bool exact_under_partition() const override { return true; }
  uint64_t memory_bytes(double) const override { return Recording::memory_bytes(channels_, frames_); }
  std::unique_ptr<External> prepare(double) const override { return std::make_unique<Recorder>(channels_, frames_); }

 private:
  std::string_view name_;  // of a literal
  uint32_t channels_, frames_;
};

// The call only listens: no cycle runs through it.
void record(NodeBuild& b, std::string_view name, uint32_t frames) {
  const uint32_t channels = b.instances();
  Signal in = b["in"];
  if (in.lanes() != channels) in = b.builder().relane(in, {.stride = 0}, channels);
  b.builder().call({.key = b.key(name),
                    .type = std::make_shared<RecorderType>(name, channels, frames),
                    .input_lanes = {channels},
                    .output_lanes = {}},
                   {in});
  b.out(b["in"]);
}

}  // namespace

std::vector<NodeDef> meters() {
  auto recorder = [](std::string_view type, std::string_view doc, void (*lower)(NodeBuild&)) {
    return NodeDef{.type = type,
                   .category = Category::external,
                   .inputs = {audio_in(kAnyWidth)},
                   .outputs = {{"out", kAnyWidth}},
                   .doc = doc,
                   .source = "definition",
                   .lower = lower};
  };
  return {
      {.type = "meter",
       .inputs = {audio_in(kAnyWidth)},
       .outputs = {{"out", kAnyWidth}},
       .doc = "Passes in on unchanged; a program reads its peak and RMS per channel (Engine::read_probe).",
       .source = "definition",
       .lower =
           [](NodeBuild& b) {
             b.builder().probe(b.key("meter"), b["in"]);
             b.out(b["in"]);
           }},
      recorder("scope",
               "Passes in on unchanged; a program reads its newest 4,096 samples per channel (Engine::recording).",
               [](NodeBuild& b) { record(b, "scope", kScopeFrames); }),
      recorder("spectrum",
               "Passes in on unchanged; a program reads its newest 16,384 samples per channel (Engine::recording) and "
               "transforms them.",
               [](NodeBuild& b) { record(b, "spectrum", kSpectrumFrames); }),
  };
}

}  // namespace sinter::nodes
