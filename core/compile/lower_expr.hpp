// Expressions as IR: an evaluator over the lanes of the scope in which an expression stands.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lower_lanes.hpp"
#include "lower_sources.hpp"
#include "lower_widths.hpp"
#include "sinter/base/poll.hpp"

namespace sinter::lowering {

/// Where an expression stands. Shared with the arguments of its prev()s, which are lowered later.
struct Frame {
  ExprPlace place;
  uint32_t stage = 0;                         ///< `k`
  std::string path;                           ///< of states and messages
  Span span;                                  ///< for messages where the expression itself has no place
  std::vector<std::optional<Term>> locals{};  ///< values of `where` names that were needed so far
};

class Exprs {
 public:
  Exprs(Builder& builder, const Expansion& expansion, const Widths& widths, Report& report, Poll& poll)
      : b_(builder), x_(expansion), widths_(widths), report_(report), poll_(poll), terms_(expansion.vertex_of.size()) {}

  Term evaluate(const Expr& expr, const std::shared_ptr<Frame>& frame);
  Term evaluate(const Feed& feed, const std::shared_ptr<Frame>& frame);

  void set(uint32_t value, const Term& term) { terms_[value] = term; }

  /// Work for when every vertex has its value; it may add more.
  void defer(std::string path, std::function<void()> work) { deferred_.push_back({std::move(path), std::move(work)}); }
  /// False where the IR's limits were passed or the work was cancelled.
  bool run_deferred();
  bool within_limits();

 private:
  struct Deferred {
    std::string path;
    std::function<void()> work;
  };

  Term leave(const Expr& expr, std::vector<Term>& stack, const std::shared_ptr<Frame>& frame);
  Term atom(const Expr& expr, const std::shared_ptr<Frame>& frame);
  Term constant_name(const Expr& expr, const Frame& frame);
  Term source(const Source& source, const std::shared_ptr<Frame>& frame);
  Term call(const Expr& expr, std::span<Term> args, const std::shared_ptr<Frame>& frame);
  Term binary(const Expr& expr, std::span<Term> args, const Frame& frame);
  Term choose(const Expr& expr, std::span<Term> args, const Frame& frame);
  Term index(const Expr& expr, const Term& of, const Frame& frame);
  Term sum(const Expr& expr, const Term& of, const Frame& frame);
  Term stack(const Expr& expr, std::span<Term> parts, const Frame& frame);
  Term prev(const Expr& expr, const std::shared_ptr<Frame>& frame);
  /// Gives all the same channels and lanes that meet; returns the channels.
  uint32_t align(std::span<Term> terms, const Expr& expr, const Frame& frame);
  std::string anonymous_key(std::string_view what, const Expr& expr, const Frame& frame);
  Term constant(double value) { return {b_.constant(value), 1, false}; }
  uint32_t copies(const Frame& frame) const { return x_.scopes[frame.place.scope].lanes; }

  Builder& b_;
  ControlSources sources_{b_};
  const Expansion& x_;
  const Widths& widths_;
  Report& report_;
  Poll& poll_;
  std::vector<Term> terms_;  // per value, in the lanes of its scope
  std::vector<Deferred> deferred_;
  std::unordered_map<std::string, uint32_t> anonymous_;  // how many states have this key already
};

}  // namespace sinter::lowering
