// The one compile thread: shared, fair, and gone in time.
#include "worker.hpp"

#include <doctest/doctest.h>

#include "rig.hpp"
#include "support.hpp"

using namespace sinter;
using namespace sinter::test;

TEST_CASE("two sessions share the worker and take turns") {
  const GatedBackend code;
  const auto one = open_session({.machine_code = &code});
  const auto other = open_session({.machine_code = &code});
  const std::weak_ptr<Worker> worker = Worker::shared();
  CHECK(worker.use_count() == 2);
  for (Session* session : {one.get(), other.get()}) {
    REQUIRE(session->prepare(48'000));
    session->suspend();
  }
  code.close();
  const uint64_t a = one->set_patch(patch("0.25"));
  code.wait_for_visitor();  // the worker stands at the gate for `one`
  const uint64_t b = other->set_patch(patch("0.5"));
  const uint64_t again = one->set_patch(patch("0.75"));
  CHECK(other->progress(b) == Progress::waiting);
  code.open();
  CHECK(one->wait_settled(kNever));
  CHECK(other->wait_settled(kNever));
  CHECK(one->progress(again) == Progress::sounding);
  CHECK(one->progress(a) >= Progress::ready);
  CHECK(run(*one, 2'048).back() == 0.75f);
  CHECK(run(*other, 2'048).back() == 0.5f);
}

TEST_CASE("each client's pieces of work come in turn") {
  class Client final : public Worker::Client {
   public:
    Client(char letter, std::string& all, std::mutex& mutex) : letter_(letter), all_(all), mutex_(mutex) {}
    bool work() noexcept override {
      const std::lock_guard lock(mutex_);
      all_ += letter_;
      return ++done_ < 3;
    }
    std::chrono::milliseconds tend() noexcept override { return std::chrono::milliseconds::zero(); }

   private:
    char letter_;
    std::string& all_;
    std::mutex& mutex_;
    int done_ = 0;
  };
  std::mutex mutex;
  std::string all;
  Worker worker;
  Client a('a', all, mutex), b('b', all, mutex), c('c', all, mutex);
  {
    const std::lock_guard lock(mutex);  // nobody is done before all have asked
    for (Client* client : {&a, &b, &c}) {
      worker.join(*client);
      worker.wants_work(*client);
    }
  }
  for (size_t length = 0; length < 9;) {
    std::this_thread::yield();
    const std::lock_guard lock(mutex);
    length = all.size();
  }
  for (Client* client : {&a, &b, &c}) worker.leave(*client);
  CHECK(all == "abcabcabc");
}

TEST_CASE("sessions come and go in mid-compile, and the worker goes with the last") {
  std::weak_ptr<Worker> worker;
  const std::string text = long_patch(300);
  Random random(1);
  for (uint64_t i = 0; i < scaled(1'000); ++i) {
    const auto session = open_session();
    worker = Worker::shared();
    REQUIRE(session->prepare(48'000));
    const uint64_t revision = session->set_patch(text);
    const uint32_t way = random.below(4);
    if (way == 1) session->wait(revision, Progress::waiting, kNever);
    if (way == 2) session->set_patch(patch("0.5"));
    if (way == 3) session->wait(revision, Progress::ready, kNever);
  }
  CHECK(worker.expired());
}
