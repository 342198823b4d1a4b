// Times of many runners in one process, in turns.
#include "timing.hpp"

#include <sched.h>

#include <random>

#include "rows.hpp"
#include "sinter/base/fp_mode.hpp"
#include "statistics.hpp"

namespace sinter::peers {
namespace {

// A runner with rows of its own, at one block size. Its input goes round in a short ring of noise.
class Job {
 public:
  Job(Runner& runner, uint32_t block, const Rows& input, Rows& output) : runner_(runner), block_(block) {
    inputs_.resize(input.frames() / block);
    for (uint32_t k = 0; k < inputs_.size(); ++k) input.at(k * block, inputs_[k]);
    output.at(0, outputs_);
  }

  void calibrate(double batch_us) {
    for (int k = 0; k < 20; ++k) call();
    double best = 1e30;
    for (int k = 0; k < 5; ++k) best = std::min(best, time(8));
    calls_ = std::max(1u, static_cast<uint32_t>(batch_us * 1e3 / best));
  }
  void read() {
    // Code, rows and states into the caches; the branch predictor onto this loop.
    (void)time(calls_ / 4 + 1);
    readings_.push_back(time(calls_) / block_);
  }
  Timing timing() const { return {median(readings_), least(readings_)}; }

 private:
  // ns per call, of so many in a row.
  double time(uint32_t calls) {
    const double before = now_ns();
    for (uint32_t k = 0; k < calls; ++k) call();
    return (now_ns() - before) / calls;
  }
  void call() {
    runner_.run(inputs_[next_], outputs_, block_);
    next_ = next_ + 1 < inputs_.size() ? next_ + 1 : 0;
  }

  Runner& runner_;
  uint32_t block_, calls_ = 1;
  size_t next_ = 0;
  std::vector<std::vector<const float*>> inputs_;  // per block of the ring
  std::vector<float*> outputs_;
  std::vector<double> readings_;
};

}  // namespace

std::vector<std::vector<Timing>> measure(const std::vector<Runner*>& runners, const std::vector<uint32_t>& blocks,
                                         const TimingOptions& options) {
  constexpr uint32_t kRing = 1'024;
  const uint32_t longest = *std::max_element(blocks.begin(), blocks.end());
  std::vector<Rows> inputs, outputs;
  for (const Runner* runner : runners) {
    inputs.emplace_back(runner->inputs, std::max(kRing, longest)).fill_with_noise();
    outputs.emplace_back(runner->outputs, longest);
  }
  std::vector<Job> jobs;
  for (size_t r = 0; r < runners.size(); ++r)
    for (const uint32_t block : blocks) jobs.emplace_back(*runners[r], block, inputs[r], outputs[r]);
  with_audio_fp([&] {
    for (Runner* runner : runners) runner->clear();
    for (Job& job : jobs) job.calibrate(options.batch_us);
    std::vector<Job*> order;
    for (Job& job : jobs) order.push_back(&job);
    std::minstd_rand random(1);
    for (uint32_t round = 0; round < options.rounds; ++round) {
      std::shuffle(order.begin(), order.end(), random);
      for (Job* job : order) job->read();
    }
  });
  std::vector<std::vector<Timing>> timings(runners.size());
  for (size_t j = 0; j < jobs.size(); ++j) timings[j / blocks.size()].push_back(jobs[j].timing());
  return timings;
}

int pin_to_processor(int number) {
  if (number < 0) number = sched_getcpu();
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(number, &one);
  return number >= 0 && sched_setaffinity(0, sizeof one, &one) == 0 ? number : -1;
}

}  // namespace sinter::peers
