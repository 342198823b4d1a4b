// Small patches of nodes that remember, to be run in every way that a strategy may be asked for.
#pragma once

#include <string>
#include <string_view>

#include "sinter/graph/graph.hpp"
#include "sinter/sinter.hpp"
#include "support.hpp"

namespace sinter::test {

/// Up to `most_pieces` filters, oscillators, detectors and loops behind each other, in 1 … 32 channels, moved by the
/// parameters p0 and p1 (−1 … 1). Contractive and continuous. Inputs "in" and "side" of one channel, one output.
Graph recurrence_patch(Random& random, uint32_t most_pieces);

/// Some strips of such pieces, each of one to three channels and written out node by node with numbers of its own, one
/// of them sometimes of other pieces; their sum, sometimes filtered or with one strip heard a second time.
Graph written_out_patch(Random& random, uint32_t most_pieces);

/// Fails the test where it does not compile.
Compiled compiled(const Graph& graph, const Backend* backend, bool strict, bool f64 = false, double rate = 48'000);

/// The patch with every node asking for a strategy; "" for none.
Graph with_strategy(Graph graph, std::string_view strategy);

}  // namespace sinter::test
