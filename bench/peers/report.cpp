// What a run found: who is the fastest, and the tables.
#include "report.hpp"

#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace sinter::peers {
namespace {

[[gnu::format(printf, 1, 2)]] std::string print(const char* format, ...) {
  char line[400];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  return line;
}

// The first where nothing was timed.
const Contender* faster(const Contender* a, const Contender* b, size_t block) {
  if (!a || !b) return a ? a : b;
  if (a->timings.size() <= block || b->timings.size() <= block) return a;
  return a->timings[block].median <= b->timings[block].median ? a : b;
}

std::string times_row(const PairResult& result, size_t block) {
  const double ratio = result.ratio(block);
  if (ratio == 0) return print("| %s | | | | | | | not timed ! |\n", result.pair.title.c_str());
  std::string row = print("| %s ", result.pair.title.c_str());
  for (const char* name : {"interpreter", "sse", "avx2", "avx512"}) {
    const Contender* found = nullptr;
    for (const Contender& one : result.contenders)
      if (one.side == Side::sinter && one.name == name) found = &one;
    row += found ? print("| %.3g ", found->timings[block].median) : "| – ";
  }
  for (const Side side : {Side::jit, Side::compiled}) {
    const Contender* one = result.best(side, block);
    row += one ? print("| %.3g (%s) ", one->timings[block].median, one->name.c_str()) : "| – ";
  }
  return row + print("| %.2f%s |\n", ratio, !result.problem.empty() ? " !" : result.pair.yardstick ? " *" : "");
}

std::string times_table(const Report& report, size_t block) {
  std::string text = print("\nBlocks of %u frames, ns per frame (medians)\n\n", report.blocks[block]);
  text += "| pair | interpreter | sse | avx2 | avx512 | Faust JIT | Faust C++ | best Faust / best Sinter |\n";
  text += "|---|--:|--:|--:|--:|---|---|--:|\n";
  for (const PairResult& result : report.results) text += times_row(result, block);
  if (report.mean_ratio(block) == 0) return text;
  return text + print("| geometric mean | | | | | against libfaust alone %.2f | | %.2f |\n",
                      report.mean_ratio(block, true), report.mean_ratio(block));
}

double worst_db(const PairResult& result, bool sinter) {
  double worst = -INFINITY;
  for (const Contender& one : result.contenders)
    if ((one.side == Side::sinter) == sinter) worst = std::max(worst, one.difference_db);
  return worst;
}

// Of the fastest at the first block size; a library that was not built now counts as when it was.
std::string compile_ms(const Contender* one) {
  if (!one) return "–";
  return print(one->compile_ms < 10 ? "%.2f" : "%.0f", one->compile_ms);
}

std::string decibels(double db) { return std::isinf(db) && db < 0 ? "equal" : print("%.0f", db); }

std::string agreement_table(const Report& report) {
  std::string text =
      "\nDifference to the Faust program in double precision, dB of the signal (impulse and noise, the worst),\n";
  text += "and time to compile, ms (of the fastest)\n\n";
  text += "| pair | Sinter f64 | Sinter f32 | Faust f32 | Sinter | Faust JIT | Faust C++ |\n";
  text += "|---|--:|--:|--:|--:|--:|--:|\n";
  for (const PairResult& result : report.results) {
    text += "| " + result.pair.title + (result.pair.spectrum ? " ~" : "") + " | " + decibels(result.f64_db) + " | " +
            decibels(worst_db(result, true)) + " | " + decibels(worst_db(result, false));
    for (const Side side : {Side::sinter, Side::jit, Side::compiled}) text += " | " + compile_ms(result.best(side, 0));
    text += " |\n";
  }
  return text + "\n~: random, so that the powers in bands of frequency are compared instead of the samples.\n";
}

}  // namespace

const Contender* PairResult::best(Side side, size_t block) const {
  const Contender* found = nullptr;
  for (const Contender& one : contenders)
    if (one.side == side) found = faster(found, &one, block);
  return found;
}

const Contender* PairResult::best_faust(size_t block) const {
  return faster(best(Side::jit, block), best(Side::compiled, block), block);
}

double PairResult::ratio(size_t block, bool jit_only) const {
  const Contender *faust = jit_only ? best(Side::jit, block) : best_faust(block), *ours = best(Side::sinter, block);
  if (!faust || !ours || faust->timings.size() <= block || ours->timings.size() <= block) return 0;
  return faust->timings[block].median / ours->timings[block].median;
}

double Report::mean_ratio(size_t block, bool jit_only) const {
  double sum = 0, count = 0;
  for (const PairResult& result : results) {
    const double ratio = result.ratio(block, jit_only);
    if (result.pair.yardstick || !result.problem.empty() || ratio <= 0) continue;
    sum += std::log(ratio);
    ++count;
  }
  return count > 0 ? std::exp(sum / count) : 0;
}

std::string text_report(const Report& report) {
  std::string text = "on " + report.processor + "\n" + report.compilers + "\n";
  text += print("%.0f Hz, flush-to-zero on both sides, one process, in turns\n", report.sample_rate);
  for (size_t block = 0; block < report.blocks.size(); ++block) text += times_table(report, block);
  if (!report.blocks.empty()) text += "\n*: a yardstick, no part of the mean.   !: see below, no part of the mean.\n";
  text += agreement_table(report);
  for (const PairResult& result : report.results) {
    if (!result.pair.why.empty()) text += "\n" + result.pair.name + ": " + result.pair.why + "\n";
    if (!result.problem.empty()) text += "\n! " + result.pair.name + ": " + result.problem + "\n";
  }
  for (const std::string& remark : report.remarks) text += "\n" + remark + "\n";
  return text;
}

}  // namespace sinter::peers
