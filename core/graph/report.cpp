// Places are looked up only for what is reported.
#include "report.hpp"

#include <algorithm>
#include <tuple>

#include "expr_words.hpp"

namespace sinter {

void Report::error(Errc code, const Span& span, std::string where, std::string message) {
  ++count_;
  if (errors_.size() < kMaxErrors) errors_.push_back({code, span, std::move(where), std::move(message)});
}

void Report::warn(Errc code, const Span& span, std::string where, std::string message) {
  if (warnings_.size() < kMaxErrors) warnings_.push_back({code, span, std::move(where), std::move(message)});
}

void Report::add(ExprIssue issue, std::string where) {
  if (issue.warning) warn(issue.code, issue.span, std::move(where), std::move(issue.message));
  else error(issue.code, issue.span, std::move(where), std::move(issue.message));
}

std::vector<Error> Report::placed(std::vector<Entry> entries, bool warning) const {
  std::ranges::stable_sort(entries, {},
                           [](const Entry& entry) { return std::tuple(entry.span.file, entry.span.begin); });
  std::vector<Error> list;
  for (Entry& entry : entries) {
    Error error{entry.code, std::move(entry.where), std::move(entry.message), {}, warning};
    if (sources_) error.place = sources_->place(entry.span);
    list.push_back(std::move(error));
  }
  return list;
}

}  // namespace sinter
