// A patch as one C++17 header that needs no Sinter: for phones, firmware, WebAssembly, audits; and an oracle that
// shares no interpreter with the rest.
#pragma once

#include <string>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/compile/compile.hpp"
#include "sinter/graph/graph.hpp"
#include "sinter/ir/ir.hpp"

namespace sinter {

struct ExportOptions {
  double sample_rate = 48'000;           ///< Hz; the header is for this rate alone, as lengths and coefficients are
  std::string name_space;                ///< of the header, "a::b" too; empty: made from the patch's name
  const NodeLibrary* library = nullptr;  ///< null: no node types but expressions and composites
};

/// The header of a patch in strict mode: to the bit what the executors compute with CompileOptions::strict, for any
/// way to cut time into blocks. Errors: those of compile(); not_supported where the patch has External nodes, which
/// are opaque, by their names; usage where name_space is no C++ namespace. Warnings as of compile(). Control thread.
Result<std::string> export_cpp(const Graph& graph, const ExportOptions& options,
                               std::vector<Error>* warnings = nullptr);

/// What only the patch knows of the parameters and of itself.
struct ExportTexts {
  std::string name, author, license, description;
  struct Param {
    std::string id, unit;
    std::vector<std::string> choices;
  };
  std::vector<Param> params;
};

/// The header of IR that was verified and has been through the passes in strict mode. Rates, errors and thread as
/// above; its sample rate is that of the IR.
Result<std::string> export_cpp(const Ir& ir, const ExportTexts& texts, const std::string& name_space);

}  // namespace sinter
