// Whether two programs compute the same thing.
#include "agreement.hpp"

#include <cmath>
#include <limits>

#include "sinter/base/fp_mode.hpp"

namespace sinter::peers {
namespace {

constexpr uint32_t kFrames = 24'576, kBlock = 64;

Rows response(Runner& runner, const Rows& input) {
  Rows output(runner.outputs, kFrames);
  std::vector<const float*> inputs;
  std::vector<float*> outputs;
  with_audio_fp([&] {
    runner.clear();
    for (uint32_t frame = 0; frame < kFrames; frame += kBlock) {
      input.at(frame, inputs);
      output.at(frame, outputs);
      runner.run(inputs, outputs, kBlock);
    }
  });
  return output;
}

double difference_db(const Rows& truth, const Rows& one, uint32_t lag) {
  constexpr double kWorst = std::numeric_limits<double>::infinity();
  if (truth.channels() != one.channels()) return kWorst;
  double energy = 0, difference = 0;
  for (uint32_t c = 0; c < truth.channels(); ++c)
    for (uint32_t i = 0; i + lag < kFrames; ++i) {
      const double is = one[c][i + lag], should = truth[c][i];
      energy += should * should;
      difference += (is - should) * (is - should);
    }
  const double db = difference > 0 ? 10 * std::log10(difference / energy) : -kWorst;
  return std::isnan(db) ? kWorst : db;
}

}  // namespace

Responses respond(Runner& runner) {
  Responses responses;
  Rows input(runner.inputs, kFrames);
  for (uint32_t c = 0; c < runner.inputs; ++c) input[c][0] = 1;
  responses.signals.push_back(response(runner, input));
  if (runner.inputs == 0) return responses;
  input.fill_with_noise();
  responses.signals.push_back(response(runner, input));
  return responses;
}

double difference_db(const Responses& truth, const Responses& one, uint32_t lag) {
  double worst = -std::numeric_limits<double>::infinity();
  if (truth.signals.size() != one.signals.size()) return -worst;
  for (size_t k = 0; k < truth.signals.size(); ++k)
    worst = std::max(worst, difference_db(truth.signals[k], one.signals[k], lag));
  return worst;
}

}  // namespace sinter::peers
