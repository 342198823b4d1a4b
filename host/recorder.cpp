// A queue of interleaved samples between the audio thread and the thread that writes.
#include "sinter/host/recorder.hpp"

#include <algorithm>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace sinter::host {
namespace {

constexpr uint32_t kSliceFrames = 1024;
// The audio thread wakes nobody, for that would be a system call: the writer looks by itself, long before the queue of
// kRecorderSeconds is full.
constexpr std::chrono::milliseconds kLook{50};

class QueuedRecorder final : public Recorder {
 public:
  QueuedRecorder(std::unique_ptr<AudioWriter> writer, const AudioWriterOptions& options)
      : writer_(std::move(writer)),
        channels_(options.channels),
        queue_(static_cast<size_t>(kRecorderSeconds * options.sample_rate) * options.channels),
        interleaved_(size_t{kSliceFrames} * options.channels),
        popped_(interleaved_.size()),
        planar_(interleaved_.size()),
        rows_(options.channels),
        thread_([this] { write_all(); }) {}
  ~QueuedRecorder() override { join(); }

  void push(const float* const* rows, uint32_t frames) noexcept override {
    for (uint32_t done = 0; done < frames;) {
      const uint32_t slice = std::min(kSliceFrames, frames - done);
      if (queue_.write_available() < size_t{slice} * channels_) {
        lost_.store(lost_.load(std::memory_order_relaxed) + (frames - done), std::memory_order_relaxed);
        return;
      }
      for (uint32_t i = 0; i < slice; ++i)
        for (uint32_t c = 0; c < channels_; ++c) interleaved_[size_t{i} * channels_ + c] = rows[c][done + i];
      queue_.push(interleaved_.data(), size_t{slice} * channels_);
      done += slice;
    }
  }

  uint64_t lost_frames() const noexcept override { return lost_.load(std::memory_order_relaxed); }

  std::optional<Error> error() const override {
    const std::lock_guard lock(mutex_);
    return error_;
  }

  Result<Recorded> finish() override {
    join();
    if (error_) return *error_;
    if (auto wrong = writer_->finish()) return *wrong;
    if (auto wrong = writer_->publish()) return *wrong;
    return Recorded{writer_->path(), writer_->measured(), lost_frames()};
  }

 private:
  void join() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    stopped_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void write_all() {
    for (bool last = false; !last;) {
      {
        std::unique_lock lock(mutex_);
        last = stopped_.wait_for(lock, kLook, [this] { return stop_; });
      }
      while (write_slice()) {
      }
    }
  }

  // Whole frames only: a push is never seen in parts. True where there may be more.
  bool write_slice() {
    const size_t samples = queue_.pop(popped_.data(), popped_.size());
    const auto frames = static_cast<uint32_t>(samples / channels_);
    if (!frames) return false;
    for (uint32_t c = 0; c < channels_; ++c) {
      float* row = planar_.data() + size_t{c} * kSliceFrames;
      for (uint32_t i = 0; i < frames; ++i) row[i] = popped_[size_t{i} * channels_ + c];
      rows_[c] = row;
    }
    if (broken_) return true;
    if (auto wrong = writer_->write(rows_.data(), frames)) {
      broken_ = true;
      const std::lock_guard lock(mutex_);
      error_ = std::move(wrong);
    }
    return true;
  }

  std::unique_ptr<AudioWriter> writer_;
  const uint32_t channels_;
  boost::lockfree::spsc_queue<float> queue_;
  std::vector<float> interleaved_;      // of the audio thread
  std::vector<float> popped_, planar_;  // of the writer
  std::vector<const float*> rows_;      // of planar_
  std::atomic<uint64_t> lost_{0};
  bool broken_ = false;  // of the writer
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::optional<Error> error_;
  std::thread thread_;  // last: everything it uses is there
};

}  // namespace

Result<std::unique_ptr<Recorder>> Recorder::start(const AudioWriterOptions& options) {
  AudioWriterOptions open_ended = options;
  open_ended.open_ended = options.frames == 0;
  Result<std::unique_ptr<AudioWriter>> writer = AudioWriter::create(open_ended);
  if (!writer) return writer.errors();
  return std::unique_ptr<Recorder>(std::make_unique<QueuedRecorder>(std::move(*writer), options));
}

}  // namespace sinter::host
