// The one thread of a process that compiles: low in priority, shared by all sessions in turn, gone with the last of
// them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace sinter {

class Worker {
 public:
  /// Who has work for it. Both functions are called on the worker's thread, one at a time, no lock held.
  class Client {
   public:
    virtual ~Client() = default;
    /// One piece of work; true where there is more, which comes after a piece of everybody else's.
    virtual bool work() noexcept = 0;
    /// A look at what cannot tell by itself; after how long the next one is due, 0: it is not needed any more.
    virtual std::chrono::milliseconds tend() noexcept = 0;

   private:
    friend class Worker;
    bool has_work_ = false, needs_tending_ = false;
  };

  /// The worker of this process, started where there is none. Throws std::bad_alloc and std::system_error.
  static std::shared_ptr<Worker> shared();
  Worker();
  /// Not on its own thread.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Throws std::bad_alloc.
  void join(Client& client);
  /// Waits for what runs for the client; afterwards nothing does.
  void leave(Client& client);
  void wants_work(Client& client);
  void wants_tending(Client& client);

 private:
  using Clock = std::chrono::steady_clock;
  void run();
  Client* next_with_work();
  void work_for(Client& client, std::unique_lock<std::mutex>& lock);
  void tend_all(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::vector<Client*> clients_;
  size_t turn_ = 0;            ///< whose turn it is in clients_
  Client* running_ = nullptr;  ///< called right now
  bool tending_ = false, closing_ = false;
  Clock::time_point tend_at_;
  std::thread thread_;
};

}  // namespace sinter
