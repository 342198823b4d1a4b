// A round of clients with flags, not a queue: asking for work allocates nothing and may be done any number of times.
#include "worker.hpp"

#include <algorithm>

#ifdef __linux__
#include <pthread.h>
#include <sys/resource.h>
#endif

namespace sinter {
namespace {

// Below everything that plays or draws, whatever kind of thread has started it.
void be_modest() {
#ifdef __linux__
  constexpr int kNice = 5;
  const sched_param ordinary{};
  pthread_setschedparam(pthread_self(), SCHED_OTHER, &ordinary);
  setpriority(PRIO_PROCESS, 0, kNice);  // on Linux 0 is the calling thread
  pthread_setname_np(pthread_self(), "sinter-compile");
#endif
}

}  // namespace

std::shared_ptr<Worker> Worker::shared() {
  static std::mutex mutex;
  static std::weak_ptr<Worker> running;
  const std::lock_guard lock(mutex);
  std::shared_ptr<Worker> worker = running.lock();
  if (!worker) running = worker = std::make_shared<Worker>();
  return worker;
}

Worker::Worker() : thread_([this] { run(); }) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Worker::join(Client& client) {
  const std::lock_guard lock(mutex_);
  clients_.push_back(&client);
}

void Worker::leave(Client& client) {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return running_ != &client; });
  std::erase(clients_, &client);
}

void Worker::wants_work(Client& client) {
  {
    const std::lock_guard lock(mutex_);
    client.has_work_ = true;
  }
  wake_.notify_all();
}

void Worker::wants_tending(Client& client) {
  {
    const std::lock_guard lock(mutex_);
    client.needs_tending_ = true;
    tending_ = true;
    tend_at_ = Clock::now();
  }
  wake_.notify_all();
}

Worker::Client* Worker::next_with_work() {
  for (size_t i = 0; i < clients_.size(); ++i) {
    Client* const client = clients_[(turn_ + i) % clients_.size()];
    if (!client->has_work_) continue;
    turn_ = (turn_ + i + 1) % clients_.size();
    return client;
  }
  return nullptr;
}

void Worker::work_for(Client& client, std::unique_lock<std::mutex>& lock) {
  client.has_work_ = false;
  running_ = &client;
  lock.unlock();
  const bool more = client.work();
  lock.lock();
  running_ = nullptr;
  client.has_work_ |= more;
  idle_.notify_all();
}

// Clients may leave while one of them is being looked after, so that the list is read anew each time.
void Worker::tend_all(std::unique_lock<std::mutex>& lock) {
  auto next = std::chrono::milliseconds::zero();
  for (size_t i = 0; i < clients_.size(); ++i) {
    Client& client = *clients_[i];
    if (!client.needs_tending_) continue;
    client.needs_tending_ = false;
    running_ = &client;
    lock.unlock();
    std::chrono::milliseconds due = client.tend();
    lock.lock();
    running_ = nullptr;
    idle_.notify_all();
    if (client.needs_tending_) due = std::chrono::milliseconds(1);  // it asked again meanwhile
    if (due == due.zero()) continue;
    client.needs_tending_ = true;
    next = next == next.zero() ? due : std::min(next, due);
  }
  tending_ = std::any_of(clients_.begin(), clients_.end(), [](const Client* c) { return c->needs_tending_; });
  tend_at_ = Clock::now() + (next == next.zero() ? std::chrono::milliseconds(1) : next);
}

void Worker::run() {
  be_modest();
  std::unique_lock lock(mutex_);
  while (!closing_) {
    if (tending_ && Clock::now() >= tend_at_) tend_all(lock);
    else if (Client* const client = next_with_work()) work_for(*client, lock);
    else if (tending_) wake_.wait_until(lock, tend_at_);
    else wake_.wait(lock);
  }
}

}  // namespace sinter
