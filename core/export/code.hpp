// Private to the export: the statements of control and sample code.
#pragma once

#include <set>
#include <string>

#include "cpp_text.hpp"
#include "model.hpp"
#include "op_text.hpp"

namespace sinter::exporting {

class Code {
 public:
  Code(const Model& model, OpText& ops) : model_(model), ir_(model.ir), ops_(ops) {}

  /// The body of control(moved), or of constants().
  void write_controls(Writer& out, bool constants);
  /// The body of render(frames).
  void write_render(Writer& out);
  /// Where control code leaves the lanes of a value, as an expression over l.
  std::string control_place(uint32_t value) const;

 private:
  void write_schedule(Writer& out, const Schedule& schedule);
  void write_item(Writer& out, const Item& item);
  void write_inst(Writer& out, uint32_t index);
  void write_structural(Writer& out, uint32_t index);
  void write_root(Writer& out, uint32_t index);
  void write_stack(Writer& out, uint32_t index);
  void write_fold(Writer& out, uint32_t index);
  void write_set(Writer& out, const ClockSet& set);
  void write_times(Writer& out, const ClockSet& set, const std::set<std::string>& used);
  void load_members(Writer& out) const;
  void store_members(Writer& out) const;
  void note_origin(Writer& out, uint32_t index);

  std::string name(uint32_t index, const std::string& lane = "l") const;
  std::string arg_name(const Inst& inst, uint32_t i, const std::string& lane = "l") const;
  std::string state(const Inst& inst) const;
  std::string ramp(uint32_t index);
  std::string tap(const Inst& inst);
  std::string element(const Inst& inst);
  std::string time(const std::string& kind, uint32_t clock);
  void assign(Writer& out, uint32_t index, const std::string& expression);

  const Model& model_;
  const Ir& ir_;
  OpText& ops_;
  bool rendering_ = false;
  const Schedule* schedule_ = nullptr;
  const ClockSet* set_ = nullptr;
  std::set<std::string> used_;  // names of time that the statements so far read
  uint32_t origin_ = 0;
};

/// "for (std::uint32_t l = 0; l < 16; ++l)"
std::string lane_loop(uint32_t lanes);
/// "12" or "12 + l"
std::string slot(uint32_t first, uint32_t lanes);

}  // namespace sinter::exporting
