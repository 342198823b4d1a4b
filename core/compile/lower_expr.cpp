// Evaluates bottom up on a stack of terms; prev() is a state whose argument is lowered when everything else is known.
#include "lower_expr.hpp"

#include <cstdio>
#include <numbers>

#include "lower_functions.hpp"
#include "lower_walk.hpp"
#include "sinter/base/fingerprint.hpp"

namespace sinter::lowering {
namespace {

// Spreading channels of copies lists lanes one by one; this many keep a hostile patch within memory.
constexpr size_t kMaxPool = 16'000'000;

bool is_call(const Expr& expr, std::string_view name) { return expr.kind == ExprKind::call && expr.text == name; }
bool descends(const Expr& expr) {
  return expr.kind != ExprKind::member && !is_call(expr, "prev") && !is_call(expr, "count");
}

std::string channels_text(uint32_t channels) {
  return std::to_string(channels) + (channels == 1 ? " channel" : " channels");
}

}  // namespace

bool Exprs::within_limits() { return !b_.overflow() && b_.ir().pool.size() <= kMaxPool; }

bool Exprs::run_deferred() {
  // Deferred work may defer more: prev(prev(x)).
  for (size_t i = 0; i < deferred_.size(); ++i) {
    if (!within_limits() || poll_.now()) return false;
    const Deferred item = std::move(deferred_[i]);
    b_.set_origin(item.path);
    item.work();
  }
  return within_limits();
}

Term Exprs::evaluate(const Expr& expr, const std::shared_ptr<Frame>& frame) {
  std::vector<Term> stack;
  walk(expr, descends, [&](const Expr& done) {
    const Term term = leave(done, stack, frame);
    stack.push_back(term);
  });
  return stack.back();
}

Term Exprs::evaluate(const Feed& feed, const std::shared_ptr<Frame>& frame) {
  if (feed.expr) return evaluate(*feed.expr, frame);
  if (feed.source.kind != Source::Kind::none) return source(feed.source, frame);
  return constant(feed.fallback.value_or(0));
}

// Takes an expression's arguments off the stack and gives its value.
Term Exprs::leave(const Expr& expr, std::vector<Term>& stack, const std::shared_ptr<Frame>& frame) {
  if (!descends(expr) || expr.args.empty()) return atom(expr, frame);
  const size_t count = expr.args.size();
  std::vector<Term> args(stack.end() - static_cast<std::ptrdiff_t>(count), stack.end());
  stack.resize(stack.size() - count);
  // Past the limits, or cancelled, nothing is worth building: the caller reports it.
  if (!within_limits() || poll_.often()) return constant(0);
  switch (expr.kind) {
    case ExprKind::index:
      return index(expr, args[0], *frame);
    case ExprKind::negate:
      return {-number(args[0]), args[0].channels, false};
    case ExprKind::logical_not:
      return {!truth(args[0]), args[0].channels, true};
    case ExprKind::binary:
      return binary(expr, args, *frame);
    case ExprKind::choose:
      return choose(expr, args, *frame);
    default:
      return call(expr, args, frame);
  }
}

Term Exprs::atom(const Expr& expr, const std::shared_ptr<Frame>& frame) {
  switch (expr.kind) {
    case ExprKind::number:
      return constant(expr.value);
    case ExprKind::quantity:
      if (expr.text == "beats") return {expr.value * 60 / sources_.bpm(), 1, false};
      return {quantity(b_, expr.value, expr.text), 1, false};
    case ExprKind::param: {
      const uint32_t scope = frame->place.scope;
      return source(x_.param(scope, x_.scopes[scope].body->param(expr.text).index), frame);
    }
    case ExprKind::call:
      if (expr.text == "prev") return prev(expr, frame);
      return constant(width_of(x_, widths_, expr.args[0], frame->place));  // count
    default: {
      const Source from = x_.source(frame->place.scope, frame->place.unit, expr);
      return from.kind == Source::Kind::none ? constant_name(expr, *frame) : source(from, frame);
    }
  }
}

Term Exprs::constant_name(const Expr& expr, const Frame& frame) {
  const ExprPlace& place = frame.place;
  if (expr.text == "pi") return constant(std::numbers::pi);
  if (expr.text == "sr") return {b_.sample_rate(), 1, false};
  if (const Signal source = sources_.named(expr.text); source.valid()) return {source, 1, false};
  if (expr.text == "n") return constant(place.count);
  if (expr.text == "k") return constant(frame.stage);
  if (place.count == 1) return constant(0);
  // i: each channel of each copy of the scope knows its number among `count`.
  const uint32_t channels = place.count * place.repeat, each = place.repeat * copies(frame);
  Signal lane = b_.relane(b_.lane(place.count), {.repeat = each}, place.count * each);
  return {b_.op(Op::to_f64, lane), channels, false};
}

Term Exprs::source(const Source& source, const std::shared_ptr<Frame>& frame) {
  switch (source.kind) {
    case Source::Kind::value:
      return terms_[source.index].signal.valid() ? terms_[source.index] : constant(0);
    case Source::Kind::patch_input:
      return {b_.input(source.index), b_.ir().inputs[source.index].channels, false};
    case Source::Kind::patch_param:
      return {b_.param(source.index), 1, false};
    default:
      break;
  }
  // A `where` name: its text sees the body's names, not its sisters.
  if (frame->locals.size() <= source.index) frame->locals.resize(source.index + 1);
  if (!frame->locals[source.index]) {
    auto outside = std::make_shared<Frame>(*frame);
    outside->place.unit = kNone;
    const Term term = evaluate(x_.feed(frame->place.unit, source.index), outside);
    frame->locals[source.index] = term;
  }
  return *frame->locals[source.index];
}

uint32_t Exprs::align(std::span<Term> terms, const Expr& expr, const Frame& frame) {
  uint32_t channels = 1, lanes = 1;
  for (const Term& term : terms) channels = std::max(channels, term.channels);
  for (Term& term : terms) {
    if (term.channels != 1 && term.channels != channels) {
      const std::string what = expr.kind == ExprKind::choose ? "?:" : expr.text;
      report_.error(Errc::channel_mismatch, frame.path,
                    "'" + what + "' meets signals of " + channels_text(term.channels) + " and of " +
                        channels_text(channels) + "; spread, sum, index or stack channels explicitly",
                    nearest(expr.span, frame.span));
      term = constant(0);
    }
    lanes = std::max(lanes, term.signal.lanes());
  }
  for (Term& term : terms)
    if (term.signal.lanes() > 1 && term.signal.lanes() < lanes)
      term.signal = spread(term.signal, channels, copies(frame));
  return channels;
}

Term Exprs::binary(const Expr& expr, std::span<Term> args, const Frame& frame) {
  const uint32_t channels = align(args, expr, frame);
  const std::string_view op = expr.text;
  if (op == "&&") return {truth(args[0]) && truth(args[1]), channels, true};
  if (op == "||") return {truth(args[0]) || truth(args[1]), channels, true};
  Signal a = number(args[0]), b = number(args[1]);
  if (op == "+") return {a + b, channels, false};
  if (op == "-") return {a - b, channels, false};
  if (op == "*") return {a * b, channels, false};
  if (op == "/") return {a / b, channels, false};
  if (op == "^") return {power(a, b), channels, false};
  if (op == "<") return {a < b, channels, true};
  if (op == "<=") return {a <= b, channels, true};
  if (op == ">") return {a > b, channels, true};
  if (op == ">=") return {a >= b, channels, true};
  return {b_.op(op == "==" ? Op::eq : Op::ne, a, b), channels, true};
}

Term Exprs::choose(const Expr& expr, std::span<Term> args, const Frame& frame) {
  const uint32_t channels = align(args, expr, frame);
  return {select(truth(args[0]), number(args[1]), number(args[2])), channels, false};
}

Term Exprs::index(const Expr& expr, const Term& of, const Frame& frame) {
  const double channels = of.channels;
  const double wanted = expr.value < 0 ? channels + expr.value : expr.value;
  if (!(wanted >= 0 && wanted < channels)) {
    report_.error(
        Errc::bad_channel, frame.path,
        "[" + print(Expr::number(expr.value)) + "] is beyond the " + channels_text(of.channels) + " of the signal",
        nearest(expr.span, frame.span));
    return constant(0);
  }
  const uint32_t lanes = copies(frame);
  if (of.signal.lanes() == 1 || of.signal.lanes() == lanes) return {of.signal, 1, of.truth};
  return {b_.relane(of.signal, {.offset = static_cast<uint32_t>(wanted) * lanes}, lanes), 1, of.truth};
}

Term Exprs::sum(const Expr& expr, const Term& of, const Frame& frame) {
  const uint32_t width = expr.args.size() == 2 ? static_cast<uint32_t>(expr.args[1].value) : 1;
  Signal x = number(of);
  if (of.channels == 1) return {x, width, false};
  if (of.channels < width) {
    report_.error(Errc::channel_mismatch, frame.path,
                  "'sum' cannot fold " + channels_text(of.channels) + " to " + std::to_string(width),
                  nearest(expr.span, frame.span));
    return constant(0);
  }
  const uint32_t lanes = copies(frame);
  return {b_.sum(spread(x, of.channels, lanes), width * lanes), width, false};
}

Term Exprs::stack(const Expr& expr, std::span<Term> parts, const Frame& frame) {
  std::vector<Signal> signals;
  uint64_t channels = 0;
  for (const Term& part : parts) channels += part.channels;
  if (channels > kMaxSignalChannels) {
    report_.error(Errc::limit_channels, frame.path,
                  "'stack' would make a signal of " + std::to_string(channels) + " channels; 4,096 are possible",
                  nearest(expr.span, frame.span));
    return constant(0);
  }
  for (const Term& part : parts) signals.push_back(spread(number(part), part.channels, copies(frame)));
  return {b_.stack(signals), static_cast<uint32_t>(channels), false};
}

std::string Exprs::anonymous_key(std::string_view what, const Expr& expr, const Frame& frame) {
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(hash_text(print(expr.args[0]))));
  std::string key = frame.path + "/" + std::string(what) + ":" + hash;
  const uint32_t order = anonymous_[key]++;
  return order == 0 ? key : key + ":" + std::to_string(order);
}

Term Exprs::prev(const Expr& expr, const std::shared_ptr<Frame>& frame) {
  const uint32_t channels = width_of(x_, widths_, expr.args[0], frame->place);
  Signal state = b_.state(anonymous_key("prev", expr, *frame), b_.ir().real, channels * copies(*frame));
  defer(frame->path, [this, state, channels, &argument = expr.args[0], frame] {
    const Term term = evaluate(argument, frame);
    Signal x = number(term);
    b_.next(state, x.lanes() == 1 ? x : spread(x, channels, copies(*frame)));
  });
  return {state, channels, false};
}

Term Exprs::call(const Expr& expr, std::span<Term> args, const std::shared_ptr<Frame>& frame) {
  if (expr.text == "stack") return stack(expr, args, *frame);
  if (expr.text == "sum") return sum(expr, args[0], *frame);
  if (expr.text == "cc") return {sources_.controller(static_cast<uint32_t>(expr.args[0].value)), 1, false};
  if (expr.text == "hold")
    return {b_.hold_cell(number(args[0]), anonymous_key("hold", expr, *frame)), args[0].channels, false};
  const uint32_t channels = align(args, expr, *frame);
  std::vector<Signal> numbers;
  for (const Term& term : args) numbers.push_back(number(term));
  const Formula formula = find_formula(expr.text);
  if (!formula) {
    report_.error(Errc::internal, frame->path, "the function '" + expr.text + "' has no meaning",
                  nearest(expr.span, frame->span));
    return constant(0);
  }
  return {formula(numbers), channels, false};
}

}  // namespace sinter::lowering
