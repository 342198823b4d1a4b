// The verifier: one object per Ir, its rules in verify.cpp and those of the structural ops in verify_structural.cpp.
#pragma once

#include <string>
#include <vector>

#include "sinter/ir/ir.hpp"

namespace sinter {

class Verifier {
 public:
  /// What is wrong, or an empty text.
  using Wrong = std::string;

  explicit Verifier(const Ir& ir) : ir_(ir) {}
  std::vector<Error> run();

 private:
  static constexpr size_t kMaxErrors = 20;

  const Inst& at(Value v) const { return ir_.insts[v.index]; }
  void fail(std::string where, std::string message);
  void need(bool good, std::string_view kind, std::string_view key, std::string_view what);
  void check_declarations();
  void check_controls();

  Wrong check(uint32_t index);
  Wrong check_arguments(const Inst& inst, uint32_t index) const;
  // Immediates index a declaration; the rules after this one follow them.
  Wrong check_immediates(const Inst& inst) const;
  Wrong check_rate(const Inst& inst) const;
  Wrong check_table_op(const Inst& inst) const;
  Wrong check_types(const Inst& inst, const OpInfo& op) const;
  // Arguments of 1 lane are spread; the result has `lanes` lanes.
  Wrong check_spread(const Inst& inst, uint32_t lanes) const;
  // Sample code computes in the type of audio: f64 controls come in by ramp and hold alone.
  Wrong check_reals(const Inst& inst) const;
  Wrong check_clocks(const Inst& inst) const;
  Wrong check_root(const Inst& inst, uint32_t index);
  // What has to happen exactly once.
  void check_counts();

  Wrong check_structural(const Inst& inst);
  Wrong check_entry(const Inst& inst, const Inst& a) const;
  Wrong check_state(const Inst& inst);
  Wrong check_push(const Inst& inst, const Inst& a);
  Wrong check_tap(const Inst& inst, const Inst& delay) const;
  Wrong check_table(const Inst& inst);
  Wrong check_lanes(const Inst& inst) const;
  Wrong check_resample(const Inst& inst, const Inst& a) const;
  Wrong check_call(const Inst& inst);

  const Ir& ir_;
  std::vector<Error> errors_;
  std::vector<uint32_t> prevs_, nexts_, pushes_, sets_, outputs_, probes_, calls_;
  size_t root_ = 0;
  bool broken_ = false;  // an inst whose arguments cannot be followed
};

namespace verifying {
inline bool is_clock(uint32_t clock) { return clock == 1 || clock == 2 || clock == 4 || clock == 8 || clock == 16; }
inline bool is_lanes(uint64_t lanes) { return lanes >= 1 && lanes <= kMaxLanes; }
inline bool is_real(Type type) { return type == Type::f32 || type == Type::f64; }
inline std::string number(uint64_t value) { return std::to_string(value); }
}  // namespace verifying

}  // namespace sinter
