// Sinter in one include: read or build a graph, compile it, run it; or a session that does so while it plays.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "sinter/compile/compile.hpp"
#include "sinter/engine/engine.hpp"
#include "sinter/graph/graph.hpp"
#include "sinter/session/session.hpp"

namespace sinter {

/// All node types that ship with Sinter. Any thread.
const NodeLibrary& standard_nodes();

/// Every backend of this build, narrowest first: "reference", "interpreter", "sse", "avx2", "avx512". Some may not be
/// available() on this processor. Any thread.
const std::vector<const Backend*>& backends();
/// Null where this build has none of that name.
const Backend* find_backend(std::string_view name);
/// The widest that this processor runs. Never null.
const Backend& best_backend();

/// compile() with the standard nodes and, where options name no backend, the best one. Control thread.
Result<Compiled> compile_patch(const Graph& graph, CompileOptions options = {});

/// A session with the standard nodes, the block interpreter and the widest machine code of this processor, where
/// options name none. Never null; throws std::bad_alloc. Control thread.
std::unique_ptr<Session> open_session(SessionOptions options = {});

const char* version();

}  // namespace sinter
