// convolve: the External node around the partitioned convolution.
#include <cassert>

#include "convolver.hpp"
#include "families.hpp"
#include "impulse.hpp"
#include "sinter/base/fingerprint.hpp"
#include "sinter/engine/external.hpp"

namespace sinter::nodes {
namespace {

class Convolve final : public External {
 public:
  Convolve(std::shared_ptr<const Impulse> impulse, uint32_t channels) {
    for (const std::vector<float>& row : impulse->channels)
      taps_.push_back(std::make_unique<ConvolverTaps>(row, short_, long_));
    channels_.reserve(channels);
    for (uint32_t c = 0; c < channels; ++c) channels_.emplace_back(*taps_[taps_.size() == 1 ? 0 : c]);
  }
  void process(const ExternalBlock& block) noexcept override {
    for (size_t c = 0; c < channels_.size(); ++c) channels_[c].process(block.inputs[c], block.outputs[c], block.frames);
  }
  void reset() noexcept override {
    for (Convolver& channel : channels_) channel.reset();
  }
  bool take_over(const External& from, uint64_t bytes, bool first) noexcept override {
    const auto& other = static_cast<const Convolve&>(from);
    assert(other.channels_.size() == channels_.size());
    bool complete = true;
    for (size_t c = 0; c < channels_.size(); ++c)
      complete = channels_[c].follow(other.channels_[c], bytes, first) && complete;
    if (!complete) return false;
    for (size_t c = 0; c < channels_.size(); ++c) channels_[c].adopt(other.channels_[c]);
    return true;
  }
  std::vector<uint8_t> save() const override {
    ByteWriter out(kMark);
    out.word(static_cast<uint32_t>(channels_.size()));
    for (const Convolver& channel : channels_) channel.save(out);
    return out.finish();
  }
  bool restore(std::span<const uint8_t> bytes) override {
    ByteReader in(bytes, kMark);
    if (in.word() != channels_.size()) return false;
    bool good = true;
    for (Convolver& channel : channels_) good = good && channel.restore(in);
    good = good && in.at_end();
    if (!good) reset();
    return good;
  }

 private:
  static constexpr uint32_t kMark = 0x31766e63;  // "cnv1": changes with the form of what is saved
  Transform short_{kConvolverLine}, long_{ConvolverTaps::kLongPart};
  std::vector<std::unique_ptr<ConvolverTaps>> taps_;  // one, or one per channel
  std::vector<Convolver> channels_;
};

class ConvolveType final : public ExternalType {
 public:
  ConvolveType(Impulse impulse, uint32_t channels, double sample_rate)
      : impulse_(std::make_shared<const Impulse>(std::move(impulse))), channels_(channels) {
    Fingerprint print;
    print.text("convolve").word(channels).real(sample_rate).word(impulse_->channels.size());
    for (const std::vector<float>& row : impulse_->channels) print.samples(row);
    fingerprint_ = print.value();
  }
  std::string_view name() const override { return "convolve"; }
  uint64_t fingerprint() const override { return fingerprint_; }
  uint32_t latency_frames() const override { return 0; }
  uint64_t tail_frames(double) const override { return impulse_->channels[0].size(); }
  bool exact_under_partition() const override { return true; }
  uint64_t memory_bytes(double) const override {
    const uint64_t taps = impulse_->channels[0].size();
    return Transform::memory_bytes(kConvolverLine) + Transform::memory_bytes(ConvolverTaps::kLongPart) +
           impulse_->channels.size() * (taps * sizeof(float) + ConvolverTaps::memory_bytes(taps)) +
           channels_ * Convolver::memory_bytes(taps);
  }
  std::unique_ptr<External> prepare(double) const override { return std::make_unique<Convolve>(impulse_, channels_); }

 private:
  std::shared_ptr<const Impulse> impulse_;
  uint32_t channels_;
  uint64_t fingerprint_ = 0;
};

void convolve(NodeBuild& b) {
  Builder& build = b.builder();
  const uint32_t channels = b.instances();
  Result<Impulse> impulse = load_impulse(b.file("file"), build.ir().sample_rate);
  if (!impulse) return b.fail(impulse.error().code, impulse.error().message);
  const size_t rows = impulse->channels.size();
  if (rows != 1 && rows != channels)
    return b.fail(Errc::channel_mismatch, "the impulse response has " + std::to_string(rows) +
                                              " channels and the signal " + std::to_string(channels) +
                                              "; use one of 1 channel, or stack() the signal");
  CallDecl decl{.key = b.key("convolve"),
                .type = std::make_shared<ConvolveType>(std::move(*impulse), channels, build.ir().sample_rate),
                .input_lanes = {channels},
                .output_lanes = {channels}};
  b.out(build.call_output(build.call(std::move(decl), {b["in"]}), 0) * b["gain"]);
}

}  // namespace

std::vector<NodeDef> convolution() {
  return {
      {.type = "convolve",
       .category = Category::external,
       .inputs = {audio_in(kAnyWidth),
                  {.name = "gain",
                   .fallback = 1,
                   .minimum = -kMaxGain,
                   .maximum = kMaxGain,
                   .unit = Unit::gain,
                   .doc = "of the output"}},
       .outputs = {{"out", kAnyWidth}},
       .settings =
           {{.name = "file",
             .kind = SettingKind::file,
             .required = true,
             .doc = "impulse response of 1 channel, or of as many as in; up to 30 s; brought to the patch's rate"}},
       .doc = "Convolution with an impulse response, without latency, the same bits however a host cuts its blocks. "
              "Samples that are not finite, or beyond 2^40, count as 0.",
       .source = "W. G. Gardner, Efficient convolution without input-output delay, J. Audio Eng. Soc. 43 (1995)",
       .lower = convolve},
  };
}

}  // namespace sinter::nodes
