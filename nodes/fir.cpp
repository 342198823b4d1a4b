// Direct convolution with few taps. Long responses are for convolve, whose cost grows with the logarithm of the length.
#include "families.hpp"
#include "impulse.hpp"

namespace sinter::nodes {
namespace {

constexpr size_t kMaxTaps = 512;
constexpr uint32_t kLineSamples = 1000;  // reads that straddle the end of a ring are slow: the longer, the rarer

// The setting's numbers, or the file's samples; empty where that failed.
std::vector<double> taps(NodeBuild& b) {
  if (b.given("taps") == b.given("file")) {
    b.fail(Errc::bad_setting, b.given("taps") ? "has both 'taps' and 'file'; give one of them"
                                              : "needs 'taps', an array of numbers, or 'file'");
    return {};
  }
  std::vector<double> list(b.numbers("taps").begin(), b.numbers("taps").end());
  if (b.given("file")) {
    Result<Impulse> impulse = load_impulse(b.file("file"), local_rate(b), {.seconds = 1, .channels = 1});
    if (!impulse) return b.fail(impulse.error().code, impulse.error().message), list;
    list.assign(impulse->channels[0].begin(), impulse->channels[0].end());
  }
  if (list.empty()) b.fail(Errc::bad_setting, "'taps' is empty; give at least one number");
  if (list.size() <= kMaxTaps) return list;
  b.fail(Errc::bad_setting, "has " + std::to_string(list.size()) + " taps; " + std::to_string(kMaxTaps) +
                                " are possible, use 'convolve' for more");
  return {};
}

void fir(NodeBuild& b) {
  Builder& build = b.builder();
  const std::vector<double> h = taps(b);
  if (h.empty()) return;
  Signal x = build.enter(b["in"]);
  std::vector<Signal> products;
  const uint32_t line = build.line(b.key("line"), x.lanes(), kLineSamples);
  build.push(line, x);
  for (size_t i = 0; i < h.size(); ++i) {
    const auto back = static_cast<uint32_t>(i);
    products.push_back(h[i] * (i ? build.tap(line, build.integer(static_cast<int32_t>(i)), back) : x));
  }
  b.out(summed(products));
}

}  // namespace

std::vector<NodeDef> fir_filters() {
  return {
      {.type = "fir",
       .category = Category::stateful,
       .inputs = {audio_in()},
       .settings = {{.name = "taps",
                     .kind = SettingKind::numbers,
                     .minimum = -1e6,
                     .maximum = 1e6,
                     .doc = "the response, sample by sample: 1 to 512 numbers, the same at every sample rate"},
                    {.name = "file",
                     .kind = SettingKind::file,
                     .doc = "a response of 1 channel instead, brought to the patch's rate, at most 512 samples there"}},
       .doc =
           "y[n] = taps[0] x[n] + taps[1] x[n-1] + …: convolution with a short response, without latency. Longer ones "
           "are for convolve.",
       .source = "definition",
       .lower = fir},
  };
}

}  // namespace sinter::nodes
