// The list of passes and the loop that runs, times, traces and checks them.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "list.hpp"
#include "sinter/base/poll.hpp"
#include "sinter/base/trace.hpp"

namespace sinter {
namespace {

constexpr Pass kPipeline[] = {
    {"fold_constants", fold_constants, "ops of literals become literals"},
    {"simplify", simplify, "the rules of simplify_rules.def; relanes of relanes and stacks"},
    {"hash_cons", hash_cons, "one inst for equal computations"},
    {"drop_dead", drop_dead, "leaves out what nothing heard, seen or called depends on, state included"},
    {"drop_idle", drop_idle,
     "fast mode: clamps, roundings and choices that change nothing within the ranges of their values"},
    {"fuse_mul_add", fuse_mul_add, "fast mode: a product with one use becomes part of the sum that uses it"},
    {"drop_dead", drop_dead, "again: what the last two passes went past"},
};

bool wants_verification() {
#ifndef NDEBUG
  return true;
#else
  static const bool wanted = std::getenv("SINTER_VERIFY") != nullptr;
  return wanted;
#endif
}

// Only a mistake in Sinter gets here, and code made from such an Ir could do anything.
void require_valid(const Ir& ir, std::string_view after) {
  const std::vector<Error> errors = verify(ir);
  if (errors.empty()) return;
  std::fprintf(stderr, "the IR is invalid after %.*s\n", static_cast<int>(after.size()), after.data());
  for (const Error& error : errors) std::fprintf(stderr, "%s\n", format(error).c_str());
  std::abort();
}

void run_traced(const Pass& pass, Ir& ir, const PassContext& context) {
  const std::string before = print(ir);
  const auto start = std::chrono::steady_clock::now();
  const bool changed = pass.run(ir, context);
  const double us = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  char time[48];
  std::snprintf(time, sizeof time, "%.1f µs, ", us);
  if (changed) trace_write(pass.name, std::string(time) + "before:\n" + before + "after:\n" + print(ir));
  else trace_write(pass.name, std::string(time) + "unchanged");
}

}  // namespace

std::span<const Pass> pipeline() { return kPipeline; }

Ir run_passes(Ir ir, const PassContext& context) {
  const bool verifies = wants_verification();
  if (verifies) require_valid(ir, "lowering");
  Poll poll(context.cancelled);
  for (const Pass& pass : kPipeline) {
    if (poll.now()) break;
    if (trace_wants(pass.name)) run_traced(pass, ir, context);
    else pass.run(ir, context);
    if (verifies && !poll.now()) require_valid(ir, pass.name);
  }
  return ir;
}

}  // namespace sinter
