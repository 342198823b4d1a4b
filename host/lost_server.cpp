// Stands in front of the four functions that PortAudio calls while it closes, for one thread at a time.
#include "lost_server.hpp"

#ifdef __linux__
#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>
#include <ctime>

namespace {

constexpr time_t kLongest = 1;  // seconds

thread_local bool server_is_lost = false;

// The function of that name in the library that has it; PortAudio brings libjack along.
template <class F>
F* behind(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

using OnClient = int(void* client);
using OnPort = int(void* client, void* port);
using TimedWait = int(pthread_cond_t*, pthread_mutex_t*, const timespec*);

int answered(int answer) { return server_is_lost ? 0 : answer; }

}  // namespace

extern "C" {

int jack_deactivate(void* client) {
  OnClient* const call = behind<OnClient>("jack_deactivate");
  return answered(call ? call(client) : -1);
}

int jack_client_close(void* client) {
  OnClient* const call = behind<OnClient>("jack_client_close");
  return answered(call ? call(client) : -1);
}

int jack_port_unregister(void* client, void* port) {
  OnPort* const call = behind<OnPort>("jack_port_unregister");
  return answered(call ? call(client, port) : -1);
}

#ifndef __SANITIZE_THREAD__  // which has its own in this place
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  // Looked up once: threads of every kind come here.
  static TimedWait* const wait = behind<TimedWait>("pthread_cond_timedwait");
  if (!server_is_lost) return wait(condition, mutex, until);
  timespec soon{};
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_sec += kLongest;
  if (until->tv_sec <= soon.tv_sec) return wait(condition, mutex, until);
  const int result = wait(condition, mutex, &soon);
  return result == ETIMEDOUT ? 0 : result;  // woken for no reason: whoever waits has to reckon with that
}
#endif

}  // extern "C"

namespace sinter::host {
LostServer::LostServer(bool lost) noexcept : lost_(lost && !server_is_lost) {
  if (lost_) server_is_lost = true;
}
LostServer::~LostServer() {
  if (lost_) server_is_lost = false;
}
}  // namespace sinter::host

#else

namespace sinter::host {
LostServer::LostServer(bool lost) noexcept : lost_(lost) {}
LostServer::~LostServer() = default;
}  // namespace sinter::host

#endif
