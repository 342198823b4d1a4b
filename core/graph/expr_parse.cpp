// Expressions from text: recursive descent, one function per production of the grammar, with every recursion counted.
#include <string>

#include "expr_scan.hpp"
#include "expr_words.hpp"
#include "numbers.hpp"
#include "sinter/graph/graph.hpp"
#include "suggest.hpp"

namespace sinter {
namespace {

// Binary operators, weakest first; longer spellings before their prefixes.
const std::vector<std::string_view> kBinary[] = {
    {"||"}, {"&&"}, {"<=", ">=", "==", "!=", "<", ">"}, {"+", "-"}, {"*", "/"}};
constexpr size_t kCompareLevel = 2, kAddLevel = 3, kBinaryLevels = 5;

// Where parsing stops: thrown inside this file only and caught in parse_expr().
struct Stop {};

class Parser : private Scanner {
 public:
  Parser(std::string_view text, const TextOrigin& origin, std::vector<ExprIssue>& issues)
      : Scanner(text), origin_(origin), issues_(issues) {}

  Expr whole() {
    skip();
    if (at_end()) fail(Errc::bad_expression, 0, text_.size(), "the expression is empty");
    Expr expr = choose();
    if (!at_end()) fail(Errc::bad_expression, at_, at_ + 1, "expected an operator or the end, found " + found());
    return expr;
  }

 private:
  /// One more level of brackets, signs, powers or choices for as long as it lives.
  struct Deeper {
    explicit Deeper(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxExpressionDepth)
        parser_.fail(Errc::limit_expression, parser_.at_, parser_.at_ + 1,
                     "the expression nests deeper than " + std::to_string(kMaxExpressionDepth) +
                         " levels; split it into several nodes or use where");
    }
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Parser& parser_;
  };

  Expr nested() {
    const Deeper deeper(*this);
    return choose();
  }

  Expr choose() {
    const size_t begin = at_;
    Expr condition = binary(0);
    if (!take("?")) return condition;
    uint32_t height = height_;
    Expr expr = make(ExprKind::choose, begin);
    expr.args.push_back(std::move(condition));
    expr.args.push_back(nested());
    height = std::max(height, height_);
    if (!take(":")) fail(Errc::bad_expression, at_, at_ + 1, "expected ':' of the choice, found " + found());
    expr.args.push_back(nested());
    return done(std::move(expr), std::max(height, height_));
  }

  Expr binary(size_t level) {
    if (level == kBinaryLevels) return unary();
    const size_t begin = at_;
    Expr left = binary(level + 1);
    for (bool again = false;; again = true) {
      const size_t op_at = at_;
      const std::string_view op = take_any(kBinary[level]);
      if (op.empty()) return left;
      if (again && level == kCompareLevel)
        fail(Errc::bad_expression, op_at, at_, "comparisons do not chain; join two of them with &&");
      const uint32_t height = height_;
      Expr expr = make(ExprKind::binary, begin);
      expr.text = op;
      expr.args.push_back(std::move(left));
      expr.args.push_back(binary(level + 1));
      if (op == "-" && is_decibel(expr.args[1])) warn_minus(op_at, expr.args[1]);
      left = done(std::move(expr), std::max(height, height_));
    }
  }

  Expr unary() {
    const size_t begin = at_;
    if (!at_end() && text_[at_] == '-') {
      if (minus_belongs_to_literal()) return power(begin);
      return prefix(ExprKind::negate);
    }
    if (!at_end() && text_[at_] == '!' && text_.substr(at_, 2) != "!=") return prefix(ExprKind::logical_not);
    return power(begin);
  }

  Expr prefix(ExprKind kind) {
    Expr expr = make(kind, at_);
    const Deeper deeper(*this);
    advance(1);
    expr.args.push_back(unary());
    return done(std::move(expr), height_);
  }

  Expr power(size_t begin) {
    Expr base = post(begin);
    if (!take("^")) return base;
    const uint32_t height = height_;
    const Deeper deeper(*this);
    Expr expr = make(ExprKind::binary, begin);
    expr.text = "^";
    expr.args.push_back(std::move(base));
    expr.args.push_back(unary());
    return done(std::move(expr), std::max(height, height_));
  }

  Expr post(size_t begin) {
    Expr expr = atom();
    for (;;) {
      const bool index = take("[");
      if (!index && !take(".")) return expr;
      Expr outer = make(index ? ExprKind::index : ExprKind::member, begin);
      outer.args.push_back(std::move(expr));
      if (index) outer.value = channel_index();
      else outer.text = word("the name of an output after '.'");
      expr = done(std::move(outer), height_);
    }
  }

  Expr atom() {
    if (at_end())
      fail(Errc::bad_expression, text_.size(), text_.size(), "the expression ends where a value is missing");
    const char c = text_[at_];
    if (is_digit(c) || c == '.' || c == '-') return number();
    if (c == '(') {
      advance(1);
      Expr inner = nested();
      close("the bracket");
      return inner;
    }
    if (c == '$') {
      Expr expr = make(ExprKind::param, at_);
      ++at_;
      expr.text = word("the name of a parameter after '$'");
      return done(std::move(expr), 0);
    }
    if (is_word(c)) return name();
    fail(Errc::bad_expression, at_, at_ + 1, "expected a value, found " + found());
  }

  Expr name() {
    const size_t begin = at_;
    Expr expr = make(ExprKind::name, begin);
    expr.text = word("a name");
    const FunctionInfo* function = find_function(expr.text);
    const size_t end = begin + expr.text.size();
    if (!take("(")) {
      if (function)
        fail(Errc::bad_expression, begin, end, "'" + expr.text + "' is a function: write " + expr.text + "(...)");
      return done(std::move(expr), 0);
    }
    if (!function) {
      std::vector<std::string_view> names;
      for (const FunctionInfo& known : functions()) names.push_back(known.name);
      fail(Errc::unknown_name, begin, end, "no function '" + expr.text + "'" + did_you_mean(expr.text, names));
    }
    expr.kind = ExprKind::call;
    const uint32_t height = arguments(expr);
    check_arity(*function, expr.args.size(), begin, end);
    return done(std::move(expr), height);
  }

  uint32_t arguments(Expr& call) {
    uint32_t height = 0;
    if (take(")")) return height;
    do {
      call.args.push_back(nested());
      height = std::max(height, height_);
    } while (take(","));
    close("the call of '" + call.text + "'");
    return height;
  }

  void check_arity(const FunctionInfo& function, size_t count, size_t begin, size_t end) {
    if (count >= function.min_args && (count <= function.max_args || function.max_args == kAnyNumber)) return;
    std::string wants = std::to_string(function.min_args);
    if (function.max_args == kAnyNumber) wants = "at least " + wants;
    else if (function.max_args != function.min_args) wants += " or " + std::to_string(function.max_args);
    fail(Errc::wrong_arity, begin, end,
         "'" + std::string(function.name) + "' takes " + wants + (wants == "1" ? " argument" : " arguments") +
             ", not " + std::to_string(count) + " (" + std::string(function.doc) + ")");
  }

  /// A number or a quantity; a minus in front of it has been found to belong to it.
  Expr number() {
    const size_t begin = at_;
    Expr expr = make(ExprKind::number, begin);
    bool negative = false;
    if (text_[at_] == '-') {
      negative = true;
      advance(1);
    }
    const size_t digits = at_;
    at_ = end_of_digits(at_);
    if (at_ == digits) fail(Errc::bad_expression, at_, at_ + 1, "expected a value, found " + found());
    const auto value = parse_decimal(text_.substr(digits, at_ - digits));
    if (!value) fail(Errc::not_finite, begin, at_, "the number is greater than every double; write a finite number");
    expr.value = negative ? -*value : *value;
    const size_t number_end = at_;
    skip();
    const std::string_view unit = unit_at(at_);
    if (unit.empty()) at_ = number_end;
    else take_unit(expr, unit, number_end);
    return done(std::move(expr), 0);
  }

  void take_unit(Expr& expr, std::string_view unit, size_t number_end) {
    for (std::string_view known : quantity_units())
      if (known == unit) {
        expr.kind = ExprKind::quantity;
        expr.text = unit;
        at_ += unit.size();
        return;
      }
    const std::string_view near = nearest(unit, {quantity_units().begin(), quantity_units().end()});
    std::string message = "no unit '" + std::string(unit) + "'";
    if (!near.empty()) message += "; did you mean '" + std::string(near) + "'?";
    else if (at_ == number_end)
      message += " (units: ms s Hz kHz dB % beats st samples; a name does not start with a digit)";
    else message += " (units: ms s Hz kHz dB % beats st samples; to multiply, write *)";
    fail(Errc::bad_unit, at_, at_ + unit.size(), message);
  }

  double channel_index() {
    const size_t begin = at_;
    const bool negative = take("-");
    const size_t digits = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    const std::string_view literal = text_.substr(digits, at_ - digits);
    skip();
    if (literal.empty() || literal.size() > 6 || at_end() || text_[at_] != ']')
      fail(Errc::bad_expression, begin, at_, "expected a whole channel number and ']'");
    advance(1);
    const double value = *parse_decimal(literal);
    return negative ? -value : value;
  }

  // Tokens

  void close(const std::string& what) {
    if (!take(")")) fail(Errc::bad_expression, at_, at_ + 1, "expected ')' to close " + what + ", found " + found());
  }
  std::string word(const std::string& what) {
    const size_t begin = at_;
    while (!at_end() && is_word(text_[at_])) ++at_;
    if (at_ == begin || is_digit(text_[begin]))
      fail(Errc::bad_expression, begin, begin + 1, "expected " + what + ", found " + found());
    const std::string name(text_.substr(begin, at_ - begin));
    return name;
  }
  // Results

  Expr make(ExprKind kind, size_t begin) const {
    Expr expr;
    expr.kind = kind;
    expr.span = span(begin, begin);
    return expr;
  }

  /// Closes a node of the tree whose arguments are `height` high: its end, and the limits.
  Expr done(Expr expr, uint32_t height) {
    size_t end = at_;
    while (end > 0 && is_blank(text_[end - 1])) --end;
    expr.span.end = span(end, end).end;
    height_ = height + 1;
    if (++nodes_ > kMaxExpressionNodes || height_ > kMaxExpressionHeight)
      fail(Errc::limit_expression, end, end,
           "the expression is longer than " + std::to_string(kMaxExpressionNodes) + " terms or has more than " +
               std::to_string(kMaxExpressionHeight) + " operators in a row; split it into several nodes or use where");
    return expr;
  }

  Span span(size_t begin, size_t end) const {
    const auto place = [&](size_t i) {
      i = std::min(i, text_.size());
      return origin_.offset.empty() ? static_cast<uint32_t>(i) : origin_.offset[i];
    };
    return {origin_.file, place(begin), place(end)};
  }

  static bool is_decibel(const Expr& expr) {
    return expr.kind == ExprKind::quantity && expr.text == "dB" && expr.value >= 0;
  }
  void warn_minus(size_t op_at, const Expr& quantity) {
    const std::string literal = print(quantity);
    issues_.push_back({Errc::ambiguous_minus, span(op_at, at_),
                       "this subtracts the gain of " + literal + "; to lower by " + literal + ", write * -" + literal,
                       true});
  }

  [[noreturn]] void fail(Errc code, size_t begin, size_t end, std::string message) {
    issues_.push_back({code, span(begin, end), std::move(message), false});
    throw Stop{};
  }

  const TextOrigin& origin_;
  std::vector<ExprIssue>& issues_;
  uint32_t depth_ = 0, nodes_ = 0, height_ = 0;
};

}  // namespace

std::optional<Expr> parse_expr(std::string_view text, const TextOrigin& origin, std::vector<ExprIssue>& issues) {
  try {
    return Parser(text, origin, issues).whole();
  } catch (const Stop&) {
    return std::nullopt;
  }
}

Result<Expr> parse_expr(std::string_view text, const TextOrigin& origin, std::vector<Error>* warnings) {
  std::vector<ExprIssue> issues;
  std::optional<Expr> expr = parse_expr(text, origin, issues);
  SourceMap own;  // without a file the expression itself is the text that errors point into
  if (!origin.sources) own.files.push_back({"", std::string(text)});
  std::vector<Error> errors;
  for (ExprIssue& issue : issues) {
    Error error{issue.code, "", std::move(issue.message), {}, issue.warning};
    if (!origin.sources) issue.span.file = 1;
    error.place = (origin.sources ? *origin.sources : own).place(issue.span);
    if (!issue.warning) errors.push_back(std::move(error));
    else if (warnings) warnings->push_back(std::move(error));
  }
  if (!expr) return errors;
  return std::move(*expr);
}

}  // namespace sinter
