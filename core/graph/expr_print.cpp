// Expressions to text with no more brackets than parsing back needs.
#include <array>
#include <cmath>

#include "numbers.hpp"
#include "sinter/graph/expr.hpp"

namespace sinter {
namespace {

// Binding strength, as the grammar's productions; an operand below what its place needs gets brackets.
enum Level { kChoose, kOr, kAnd, kCompare, kAdd, kMultiply, kUnary, kPower, kPost };

Level binary_level(std::string_view op) {
  if (op == "||") return kOr;
  if (op == "&&") return kAnd;
  if (op == "+" || op == "-") return kAdd;
  if (op == "*" || op == "/") return kMultiply;
  if (op == "^") return kPower;
  return kCompare;
}

Level level(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::choose:
      return kChoose;
    case ExprKind::binary:
      return binary_level(expr.text);
    case ExprKind::negate:
    case ExprKind::logical_not:
      return kUnary;
    case ExprKind::number:
      return std::signbit(expr.value) ? kUnary : kPost;
    default:
      return kPost;
  }
}

/// A minus in front of these would be read as part of the number or quantity.
bool would_take_minus(const Expr& operand) {
  if (operand.kind == ExprKind::number) return !std::signbit(operand.value);
  const Expr* first = &operand;
  while (first->kind == ExprKind::index || first->kind == ExprKind::member ||
         (first->kind == ExprKind::binary && first->text == "^"))
    first = &first->args[0];
  return first->kind == ExprKind::quantity && !std::signbit(first->value);
}

class Printer {
 public:
  std::string text;

  void put(const Expr& expr, Level least) {
    const bool brackets = level(expr) < least;
    if (brackets) text += '(';
    put(expr);
    if (brackets) text += ')';
  }

 private:
  void put(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::number:
        text += print_decimal(expr.value);
        return;
      case ExprKind::quantity:
        text += print_decimal(expr.value) + expr.text;
        return;
      case ExprKind::param:
        text += '$' + expr.text;
        return;
      case ExprKind::name:
      case ExprKind::invalid:
        text += expr.text;
        return;
      case ExprKind::member:
        put(expr.args[0], kPost);
        text += '.' + expr.text;
        return;
      case ExprKind::index:
        put(expr.args[0], kPost);
        text += '[' + print_decimal(expr.value) + ']';
        return;
      case ExprKind::call:
        put_call(expr);
        return;
      case ExprKind::logical_not:
        text += '!';
        put(expr.args[0], kUnary);
        return;
      case ExprKind::negate:
        text += '-';
        put(expr.args[0], would_take_minus(expr.args[0]) ? Level(kPost + 1) : kUnary);
        return;
      case ExprKind::binary:
        put_binary(expr);
        return;
      case ExprKind::choose:
        put_choose(expr);
        return;
    }
  }
  void put_call(const Expr& expr) {
    text += expr.text + '(';
    for (size_t i = 0; i < expr.args.size(); ++i) {
      if (i) text += ", ";
      put(expr.args[i], kChoose);
    }
    text += ')';
  }
  void put_binary(const Expr& expr) {
    const Level own = binary_level(expr.text);
    // Powers associate to the right and comparisons not at all; the others associate to the left.
    const Level left = own == kPower ? kPost : own == kCompare ? kAdd : own;
    const Level right = own == kPower ? kUnary : Level(own + 1);
    put(expr.args[0], left);
    text += own == kPower ? expr.text : ' ' + expr.text + ' ';
    put(expr.args[1], right);
  }
  void put_choose(const Expr& expr) {
    put(expr.args[0], kOr);
    text += " ? ";
    put(expr.args[1], kChoose);
    text += " : ";
    put(expr.args[2], kChoose);
  }
};

}  // namespace

std::string print(const Expr& expr) {
  Printer printer;
  printer.put(expr, kChoose);
  return std::move(printer.text);
}

}  // namespace sinter
