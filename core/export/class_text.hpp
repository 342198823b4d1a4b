// Private to the export: the class around the code, function by function, and the page above it.
#pragma once

#include <string>

#include "code.hpp"
#include "cpp_text.hpp"
#include "model.hpp"
#include "sinter/export/export.hpp"

namespace sinter::exporting {

/// What a patch has of what the class can do; what it lacks is left out.
struct Parts {
  explicit Parts(const Model& model);
  std::vector<uint32_t> parameters;  ///< sources that are parameters of the patch, in their order
  std::vector<uint32_t> transport;   ///< sources that the transport sets
  std::vector<uint32_t> controllers;
  uint32_t input_channels = 0, output_channels = 0;
  bool has_constants = false, has_controls = false, has_ramps = false, has_beat = false, has_voices = false;
  bool has_sources() const { return !transport.empty() || !controllers.empty(); }
  bool has_cells() const { return has_controls || has_ramps || has_voices; }
};

class ClassText {
 public:
  ClassText(const Model& model, const ExportTexts& texts, const std::string& name_space);

  /// The whole header.
  std::string write();

 private:
  // page.cpp: comments, includes, constants around the class
  std::string page(const std::string& body);
  void write_introduction(Writer& out) const;
  void write_tables(Writer& out) const;
  void write_parameters(Writer& out) const;
  // class_text.cpp: the class
  void write_class(Writer& out);
  void write_public(Writer& out) const;
  void write_setters(Writer& out) const;
  void write_reset(Writer& out) const;
  void write_members(Writer& out) const;
  void write_storage(Writer& out) const;
  // class_cells.cpp: what happens when a cell begins
  void write_cells(Writer& out);
  void write_begin_cell(Writer& out) const;
  void write_ramp_code(Writer& out) const;
  void write_blocks(Writer& out);
  // class_sources.cpp: parameters, transport, controllers, meters
  void write_parameter_code(Writer& out) const;
  void write_source_code(Writer& out) const;
  void write_meter_code(Writer& out) const;
  // class_voices.cpp: notes
  void write_voice_setters(Writer& out) const;
  void write_voice_code(Writer& out) const;
  void write_voice_members(Writer& out) const;
  uint32_t voice_count() const;

  const Model& model_;
  const Ir& ir_;
  const ExportTexts& texts_;
  const Parts parts_;
  std::string name_space_;
  OpText ops_;
  Code code_;
};

}  // namespace sinter::exporting
