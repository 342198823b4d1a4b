// The whole compiler on one page: Graph → Ir → passes → Plan → Program.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/compile/backend.hpp"
#include "sinter/engine/program.hpp"
#include "sinter/graph/graph.hpp"
#include "sinter/ir/ir.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter {

struct CompileOptions {
  double sample_rate = 48'000;           ///< Hz, 8,000 … 768,000
  bool strict = false;                   ///< the same bits on every executor
  const Backend* backend = nullptr;      ///< null: the block interpreter
  const NodeLibrary* library = nullptr;  ///< null: no node types but expressions and composites
  bool f64 = false;                      ///< audio in double precision; reference interpreter only
  bool listing = false;
  /// Polled while compiling (between nodes, passes, steps): true gives Errc::cancelled, and has to stay true. Null:
  /// never.
  const std::function<bool()>* cancelled = nullptr;
};

/// How long each part took, in microseconds.
struct CompileTimes {
  double lower = 0, passes = 0, plan = 0, emit = 0;
  double total() const { return lower + passes + plan + emit; }
};

struct Compiled {
  std::shared_ptr<const Program> program;
  Ir ir;  ///< after the passes
  Plan plan;
  std::vector<ListingLine> listing;
  uint64_t code_bytes = 0;
  CompileTimes times;
  std::vector<Error> warnings;
};

/// Lowers a graph: expands composites, infers channels, checks cycles, categories and limits, and runs every node's
/// lower(). Control thread.
Result<Ir> lower(const Graph& graph, const CompileOptions& options, std::vector<Error>* warnings = nullptr);

/// Compiles a graph. Control thread.
Result<Compiled> compile(const Graph& graph, const CompileOptions& options);
/// Compiles IR that was lowered or built by hand.
Result<Compiled> compile(Ir ir, const CompileOptions& options);
/// What compile() does after the passes, for IR that they have been through: the same IR for another backend costs no
/// more than a plan and its code. IR that multiply-adds were fused in is for backends that fuse them.
Result<Compiled> generate(Ir ir, const CompileOptions& options);

}  // namespace sinter
