// Collects what is wrong with a graph, at most kMaxErrors errors, and gives each its place at the end.
#pragma once

#include <string>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/graph/expr.hpp"
#include "sinter/graph/graph.hpp"

namespace sinter {

struct ExprIssue;

class Report {
 public:
  /// `sources` may be null (graphs made in C++) and may gain files while the report lives.
  explicit Report(const SourceMap* sources) : sources_(sources) {}

  const SourceMap* sources() const { return sources_; }
  bool ok() const { return errors_.empty(); }
  bool full() const { return count_ >= kMaxErrors; }  ///< looking on would show nothing more
  size_t count() const { return count_; }             ///< errors so far, those beyond kMaxErrors too
  void error(Errc code, const Span& span, std::string where, std::string message);
  void warn(Errc code, const Span& span, std::string where, std::string message);
  void add(ExprIssue issue, std::string where);

  /// In the order of the files and of the places in them.
  std::vector<Error> errors() const { return placed(errors_, false); }
  std::vector<Error> warnings() const { return placed(warnings_, true); }

 private:
  struct Entry {
    Errc code;
    Span span;
    std::string where, message;
  };
  std::vector<Error> placed(std::vector<Entry> entries, bool warning) const;

  const SourceMap* sources_;
  std::vector<Entry> errors_, warnings_;
  size_t count_ = 0;
};

}  // namespace sinter
