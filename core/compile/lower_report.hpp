// Collects what is wrong with a graph while it is lowered: at most 20 errors, each with its place where a file is
// known.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sinter/graph/graph.hpp"

namespace sinter::lowering {

class Report {
 public:
  explicit Report(const Graph& graph) : graph_(graph) {}

  void error(Errc code, std::string where, std::string message, const Span& span = {}) {
    if (errors_.size() >= kMaxErrors) return;
    Error error{.code = code, .where = std::move(where), .message = std::move(message)};
    if (graph_.sources && span.file != 0) error.place = graph_.sources->place(span);
    errors_.push_back(std::move(error));
  }
  bool failed() const { return !errors_.empty(); }
  bool full() const { return errors_.size() >= kMaxErrors; }
  size_t count() const { return errors_.size(); }
  std::vector<Error> take() { return std::move(errors_); }

 private:
  const Graph& graph_;
  std::vector<Error> errors_;
};

/// The more exact of two places.
inline const Span& nearest(const Span& exact, const Span& around) { return exact.file != 0 ? exact : around; }

}  // namespace sinter::lowering
