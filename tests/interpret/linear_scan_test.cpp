// What the numbers of linear recurrences are for: states by a scan over chunks, as accurate as double coefficients
// allow.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>

#include "linear_case.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

using Exact = long double;

// The states of lane 0 after whole vectors, by scan with the table's numbers in double.
class Scan {
 public:
  Scan(LinearCase& made, uint32_t version)
      : made_(made), version_(made.table().versions[version]), carried_(made.table().states()) {}
  uint32_t frames() const { return version_.samples * made_.table().width; }

  void run(const std::vector<std::vector<double>>& inputs, uint32_t from) {
    const LinearTable& table = made_.table();
    const uint32_t n = table.states(), width = table.width, samples = version_.samples;
    std::vector<std::vector<double>> added(width, std::vector<double>(n));  // per chunk
    for (uint32_t f = 0; f < frames(); ++f)
      for (uint32_t j = 0; j < inputs.size(); ++j)
        for (uint32_t k = 0; k < n; ++k)
          added[f / samples][k] +=
              made_.numbers(0, version_.gain)[(f % samples * inputs.size() + j) * n + k] * inputs[j][from + f];
    for (uint32_t e = 0; 1u << e < width; ++e)
      for (uint32_t chunk = width; chunk-- > 1u << e;)
        apply(made_.numbers(0, version_.step) + e * n * n, 1, added[chunk - (1u << e)], added[chunk]);
    for (uint32_t x = 0; x < width; ++x)
      apply(made_.numbers(0, version_.lane) + x, width, carried_, added[chunk_in_lane(x, width, samples)]);
    carried_ = added.back();
  }
  std::vector<double> states() const {
    std::vector<double> found(carried_.size());
    apply(made_.numbers(0, made_.table().back), 1, carried_, found);
    return found;
  }

 private:
  static void apply(const float* matrix, uint32_t stride, const std::vector<double>& from, std::vector<double>& to) {
    for (size_t k = 0; k < to.size(); ++k)
      for (size_t l = 0; l < from.size(); ++l) to[k] += matrix[(k * from.size() + l) * stride] * from[l];
  }
  LinearCase& made_;
  const LinearTable::Version& version_;
  std::vector<double> carried_;
};

double db(Exact signal, Exact error) { return error == 0 ? 300 : static_cast<double>(10 * std::log10(signal / error)); }

}  // namespace

TEST_CASE("a scan with the numbers of a filter is closer to the recurrence than one sample at a time in f32") {
  const auto frames = static_cast<uint32_t>(scaled(12'000)) / 64 * 64;
  std::printf("states against long double, dB: one sample at a time in f32, scan of chunks of 4, of 1\n");
  for (const Setting& setting : settings()) {
    if (setting.filter == &kOps) continue;  // not stable
    const uint32_t n = setting.filter->states, inputs = setting.filter->inputs;
    LinearCase made(*setting.filter, 1, 16);
    made.set(setting.c);
    made.run(nullptr, ~uint64_t{0});
    std::vector<std::vector<double>> signal(inputs);
    const double scale = 1 / std::sqrt(1e-3 * frames);  // of no account but for the range of f32
    for (uint32_t j = 0; j < inputs; ++j)
      for (const float x : noise(frames, 7 + (j == 1 ? 0 : j))) signal[j].push_back(static_cast<float>(x * scale));
    const std::vector<Exact> c(setting.c.begin(), setting.c.end());
    const std::vector<float> single_c(setting.c.begin(), setting.c.end());
    std::vector<Exact> s(n), u(inputs);
    std::vector<float> single(n), single_u(inputs);
    Scan scans[2] = {{made, 0}, {made, 1}};
    Exact power_sum = 0, error[3] = {};
    for (uint32_t f = 0; f < frames; ++f) {
      for (uint32_t j = 0; j < inputs; ++j) single_u[j] = static_cast<float>(u[j] = signal[j][f]);
      setting.filter->exact(c.data(), s.data(), u.data());
      setting.filter->single(single_c.data(), single.data(), single_u.data());
      for (Scan& scan : scans)
        if ((f + 1) % scan.frames() == 0) scan.run(signal, f + 1 - scan.frames());
      if ((f + 1) % scans[0].frames()) continue;
      for (uint32_t k = 0; k < n; ++k) {
        power_sum += s[k] * s[k];
        const Exact got[] = {single[k], scans[0].states()[k], scans[1].states()[k]};
        for (uint32_t e = 0; e < 3; ++e) error[e] += (got[e] - s[k]) * (got[e] - s[k]);
      }
    }
    const double serial = db(power_sum, error[0]), chunks = db(power_sum, error[1]), ones = db(power_sum, error[2]);
    std::printf("  %-28s %6.1f %6.1f %6.1f\n", setting.name.c_str(), serial, chunks, ones);
    // A rounded table is one draw of the error, f32 arithmetic the sum of many.
    CHECK_MESSAGE(chunks >= serial - 3, setting.name);
    CHECK_MESSAGE(ones >= serial - 3, setting.name);
    if (setting.name.starts_with("TDF2 20 Hz Q 10")) CHECK_MESSAGE(chunks >= serial + 20, setting.name);
  }
}
