// The bodies of control code, and of the loop over a cell's frames with its clocks.
#include "code.hpp"

namespace sinter::exporting {
namespace {

std::string hex(uint64_t bits) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (; bits; bits >>= 4) text.insert(text.begin(), kDigits[bits & 15]);
  return "0x" + text + "ull";
}

}  // namespace

void Code::write_controls(Writer& out, bool constants) {
  rendering_ = false;
  for (const ControlRun& run : model_.runs) {
    if ((run.moved_by == 0) != constants) continue;
    if (!constants) out.open("if ((moved & " + hex(run.moved_by) + ") != 0)");
    write_schedule(out, run.schedule);
    if (!constants) out.close();
  }
}

// Single values in locals: stores to the rows and rings could change members for all the compiler knows.
void Code::load_members(Writer& out) const {
  for (uint32_t i = 0; i < ir_.size(); ++i) {
    const Inst& inst = ir_.insts[i];
    if (model_.enters[i] && inst.lanes == 1)
      out.line("const " + std::string(type_name(inst.type)) + " c" + number(i) + " = c" + number(i) + "_;");
  }
  for (const Ramp& ramp : model_.ramps) {
    const Inst& inst = ir_.insts[ramp.inst];
    if (inst.lanes > 1) continue;
    const std::string type(type_name(inst.type)), first = number(ramp.first);
    out.line("const " + type + " start" + first + " = start_[" + first + "], slope" + first + " = slope_[" + first +
             "];");
  }
  for (size_t s = 0; s < ir_.states.size(); ++s)
    if (ir_.states[s].lanes == 1)
      out.line(std::string(type_name(ir_.states[s].type)) + " " + model_.states[s] + " = " + model_.states[s] + "_;");
  for (size_t l = 0; l < ir_.lines.size(); ++l)
    out.line(std::string(type_name(ir_.lines[l].type)) + "* const " + model_.lines[l] + " = " + model_.lines[l] +
             "_.data();");
}

void Code::store_members(Writer& out) const {
  for (size_t s = 0; s < ir_.states.size(); ++s)
    if (ir_.states[s].lanes == 1) out.line(model_.states[s] + "_ = " + model_.states[s] + ";");
}

void Code::write_times(Writer& out, const ClockSet& set, const std::set<std::string>& used) {
  for (const uint32_t clock : set.clocks) {
    const std::string x = clock > 1 ? "_x" + number(clock) : "", times = clock > 1 ? " * " + number(clock) : "";
    const uint32_t every = model_.substeps / clock;
    // Local frames that have begun in this base frame.
    std::string local = "f" + times;
    if (clock > 1) local += every > 1 ? " + s / " + number(every) : " + s";
    if (used.count("now" + x))
      out.line("const std::uint32_t now" + x + " = static_cast<std::uint32_t>(frame_)" + times + " + " + local + ";");
    if (used.count("into" + x))
      out.line("const " + std::string(type_name(ir_.real)) + " into" + x + " = static_cast<" +
               std::string(type_name(ir_.real)) + ">(cell_offset_" + times + " + " + local + ");");
  }
}

void Code::write_set(Writer& out, const ClockSet& set) {
  set_ = &set;
  used_.clear();
  Writer ignored;
  write_schedule(ignored, set.schedule);
  write_times(out, set, used_);
  write_schedule(out, set.schedule);
}

void Code::write_render(Writer& out) {
  rendering_ = true;
  load_members(out);
  out.open("for (std::uint32_t f = 0; f < frames; ++f)");
  if (model_.substeps == 1) {
    write_set(out, model_.sets[0]);
  } else {
    out.open("for (std::uint32_t s = 0; s < " + number(model_.substeps) + "; ++s)");
    for (const ClockSet& set : model_.sets) {
      const uint32_t every = model_.substeps / set.slowest;
      const std::string when = every > 1 ? "if (s % " + number(every) + " == 0)" : "";
      if (&set == &model_.sets.front()) out.open(when);
      else out.reopen("else" + (when.empty() ? "" : " " + when));
      write_set(out, set);
    }
    out.close();
    out.close();
  }
  out.close();
  store_members(out);
}

}  // namespace sinter::exporting
