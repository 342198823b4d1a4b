// See system_calls.hpp and the kernel's Documentation/admin-guide/syscall-user-dispatch.rst.
#include "system_calls.hpp"

#include <array>
#include <atomic>

#if defined(__linux__) && defined(__x86_64__)

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

// The return from the handler is a system call too: it is made here, in the one range that the kernel lets pass.
extern "C" const char sinter_sigsys_return[], sinter_sigsys_return_end[];
__asm__(
    ".text\n"
    ".globl sinter_sigsys_return, sinter_sigsys_return_end\n"
    "sinter_sigsys_return:\n"
    "  movq $15, %rax\n"  // rt_sigreturn
    "  syscall\n"
    "  nop\n"  // what the kernel looks at is where the call returns to
    "sinter_sigsys_return_end:\n");

namespace sinter::test::system_calls {
namespace {

// Of linux/prctl.h, which older headers do not have.
constexpr int kSetDispatch = 59;
constexpr unsigned long kDispatchOff = 0, kDispatchOn = 1;
constexpr char kAllow = 0, kBlock = 1;

constexpr size_t kNumbers = 512;
std::array<std::atomic<uint64_t>, kNumbers> counts;  // by number of the call; the last: all others
thread_local volatile char selector = kAllow;

long make_call(long number, const long (&arguments)[6]) {
  register long r10 __asm__("r10") = arguments[3];
  register long r8 __asm__("r8") = arguments[4];
  register long r9 __asm__("r9") = arguments[5];
  long result = number;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(arguments[0]), "S"(arguments[1]), "d"(arguments[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

// A clone returns on another stack, and a handler's signal mask is not its caller's.
bool can_be_made_here(uint64_t number) {
  return number != SYS_clone && number != SYS_clone3 && number != SYS_vfork && number != SYS_rt_sigprocmask &&
         number != SYS_rt_sigreturn;
}

void on_sigsys(int, siginfo_t*, void* raw_context) {
  selector = kAllow;
  greg_t* registers = static_cast<ucontext_t*>(raw_context)->uc_mcontext.gregs;
  const auto number = static_cast<uint64_t>(registers[REG_RAX]);
  counts[number < kNumbers ? number : kNumbers - 1].fetch_add(1);
  if (!can_be_made_here(number)) {
    registers[REG_RIP] -= 2;  // made again where it stands; the rest of this scope is not watched
    return;
  }
  const long arguments[] = {static_cast<long>(registers[REG_RDI]), static_cast<long>(registers[REG_RSI]),
                            static_cast<long>(registers[REG_RDX]), static_cast<long>(registers[REG_R10]),
                            static_cast<long>(registers[REG_R8]),  static_cast<long>(registers[REG_R9])};
  registers[REG_RAX] = make_call(static_cast<long>(number), arguments);
  selector = kBlock;
}

// By hand: libc would put its own return in, which the kernel does not let pass.
bool install_handler() {
  struct {
    void (*handler)(int, siginfo_t*, void*);
    unsigned long flags;
    const char* restorer;
    uint64_t mask;
  } const action{on_sigsys, SA_SIGINFO | 0x04000000 /* SA_RESTORER */, sinter_sigsys_return, ~uint64_t{0}};
  return syscall(SYS_rt_sigaction, SIGSYS, &action, nullptr, sizeof action.mask) == 0;
}

bool dispatch(unsigned long mode) {
  if (mode == kDispatchOff) return prctl(kSetDispatch, kDispatchOff, 0, 0, 0) == 0;
  return prctl(kSetDispatch, kDispatchOn, sinter_sigsys_return, sinter_sigsys_return_end - sinter_sigsys_return,
               &selector) == 0;
}

std::string name_of(size_t number) {
  switch (number) {
    case SYS_read:
      return "read";
    case SYS_write:
      return "write";
    case SYS_openat:
      return "openat";
    case SYS_close:
      return "close";
    case SYS_mmap:
      return "mmap";
    case SYS_munmap:
      return "munmap";
    case SYS_mprotect:
      return "mprotect";
    case SYS_madvise:
      return "madvise";
    case SYS_brk:
      return "brk";
    case SYS_futex:
      return "futex";
    case SYS_sched_yield:
      return "sched_yield";
    case SYS_clock_nanosleep:
      return "clock_nanosleep";
    case SYS_rt_sigprocmask:
      return "rt_sigprocmask";
    case SYS_clone3:
      return "clone3";
    default:
      return "system call " + std::to_string(number);
  }
}

}  // namespace

const char* missing() noexcept {
  static const bool works = install_handler() && dispatch(kDispatchOn) && dispatch(kDispatchOff);
  return works ? nullptr : "this kernel has no syscall user dispatch (Linux 5.11)";
}

void watch_thread() {
  if (missing()) return;
  selector = kAllow;
  dispatch(kDispatchOn);
}

void leave_thread() {
  if (!missing()) dispatch(kDispatchOff);
}

void enter() noexcept { selector = kBlock; }
void exit() noexcept { selector = kAllow; }

void append(std::vector<Violation>& all) {
  for (size_t number = 0; number < kNumbers; ++number)
    if (const uint64_t count = counts[number].load()) all.push_back({Detector::system_calls, name_of(number), count});
}

void forget() {
  for (auto& count : counts) count.store(0);
}

}  // namespace sinter::test::system_calls

#else

namespace sinter::test::system_calls {

const char* missing() noexcept { return "syscall user dispatch is of Linux on x86-64"; }
void watch_thread() {}
void leave_thread() {}
void enter() noexcept {}
void exit() noexcept {}
void append(std::vector<Violation>&) {}
void forget() {}

}  // namespace sinter::test::system_calls

#endif
