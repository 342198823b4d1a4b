// Private to the session: everything behind its mutex. The worker's thread comes in through work() and tend().
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <new>

#include "build.hpp"
#include "event_log.hpp"
#include "sinter/session/session.hpp"
#include "state_chunk.hpp"
#include "worker.hpp"

namespace sinter {

/// How often a waiting thread looks at what the audio thread counts: that one wakes nobody.
inline constexpr std::chrono::milliseconds kLook{1};

/// One set_patch on its way.
struct Job {
  using Clock = std::chrono::steady_clock;
  uint64_t revision = 0;
  PatchSource source;
  Clock::time_point asked = Clock::now();
  uint64_t epoch = 0;             ///< of the sample rate that `build` is for
  std::optional<ReadPatch> read;  ///< once it is
  std::unique_ptr<Build> build;   ///< null: to be begun (again)
  bool handed_over = false;       ///< a tier of it plays
};

class Session::Impl final : public Worker::Client {
 public:
  Impl(Engine& played, SessionOptions wanted);
  ~Impl() override;

  // -- control.cpp
  Result<bool> prepare(double sample_rate);
  uint64_t submit(std::unique_ptr<Job> job) noexcept;
  uint64_t out_of_memory() noexcept;
  Progress wait(uint64_t revision, Progress wanted, std::chrono::milliseconds timeout);
  bool wait_settled(std::chrono::milliseconds timeout);
  void gesture(uint32_t handle, bool begins) noexcept;
  void gather_events() noexcept;
  std::optional<ParameterInfo> find(std::string_view id) const;
  std::shared_ptr<const Program> program() const { return program_; }

  // -- hand_over.cpp: on the worker's thread
  bool work() noexcept override;
  std::chrono::milliseconds tend() noexcept override;
  /// Takes note of what the audio thread has begun to play.
  void look_at_engine() noexcept;
  /// While no process() is called from outside: takes what was handed over.
  void run_silently() noexcept;

  // -- saving.cpp
  Result<std::vector<uint8_t>> save(Save what);
  Result<bool> load(SavedState state);

  // Behind the mutex
  mutable std::mutex mutex;
  std::condition_variable changed;
  Engine& engine;
  SessionOptions options;
  double rate = 0;  ///< 0: not prepared
  bool suspended = false;
  EventLog log;
  ProgressRing progress;
  std::shared_ptr<const Graph> graph;  ///< handed over last
  std::vector<std::string> files;
  std::string backend;

 private:
  using Clock = Job::Clock;
  struct Pending {
    uint64_t swap = 0, revision = 0;
    std::string backend;
    Clock::time_point asked, since = Clock::now();
    bool told = false;  ///< it sounded before
  };

  bool enlist() noexcept;
  // hand_over.cpp
  bool begin_job();
  Result<Build::Tier> advance(Job& job, double at_rate);
  bool finish(Result<Build::Tier> tier);
  bool give_up(const std::vector<Error>& errors);
  void drop_for_newer() noexcept;
  std::optional<std::vector<Error>> hand_over(Job& done, const Build::Tier& tier);
  void take_over(Job& done, const Build::Tier& tier, const std::map<uint32_t, double>& choices) noexcept;
  void expect(uint64_t swap, uint64_t revision, const std::string& by, Clock::time_point asked) noexcept;
  std::map<uint32_t, double> renamed_choices(const Graph& next) const;
  void learn_parameters(const Graph& next);
  // control.cpp
  std::shared_ptr<const Program> resting_program(double sample_rate) const;
  void start_at(double sample_rate);
  Result<bool> play_again(Build::Tier tier);
  // saving.cpp
  std::optional<StateImage> capture(std::unique_lock<std::mutex>& lock);
  void warn_of_other_rate() noexcept;
  void collect_parameters(SavedState& state) const;
  uint32_t handle_of(const std::string& id) const;

  std::shared_ptr<Worker> worker_;
  std::unique_ptr<Job> waiting_;     ///< the newest patch, not begun
  std::unique_ptr<Job> job_;         ///< the worker's; not to be touched by others but for its presence
  std::unique_ptr<Job> unfinished_;  ///< plays, and could play better, were it not for a newer patch
  std::atomic<bool> newer_{false}, closing_{false};
  std::atomic<uint64_t> epoch_{0};  ///< counts sample rates
  uint64_t job_epoch_ = 0;          ///< worker's thread: of the piece being compiled
  std::function<bool()> stop_, never_;
  std::shared_ptr<const Program> program_;    ///< handed over last
  uint64_t revision_ = 0;                     ///< of `graph`
  std::optional<Pending> pending_;            ///< handed over and not taken yet
  std::vector<GraphParam> known_;             ///< by handle: every parameter there ever was
  std::map<std::string, double> remembered_;  ///< values of parameters there never was
  std::optional<StateImage> image_;           ///< of a loaded state that no patch has begun with yet
  uint64_t image_swap_ = 0;                   ///< the swap that is to begin with it; 0: none yet
  std::map<uint32_t, uint32_t> gestures_;     ///< how many hold a parameter
  uint64_t seen_scrubbed_ = 0, seen_moved_ = 0, seen_mutes_ = 0;
  bool seen_muted_ = false;
  std::mutex saving_;  ///< one capture at a time; taken before `mutex`
};

}  // namespace sinter
