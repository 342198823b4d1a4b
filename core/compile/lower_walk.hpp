// Visits an expression without recursion: a patch can hold trees deeper than a thread's stack ("1+1+1+…").
#pragma once

#include <vector>

#include "sinter/graph/expr.hpp"

namespace sinter::lowering {

/// Calls enter(expr) on the way down, which says whether to visit its arguments, and leave(expr) when they are done.
template <class Enter, class Leave>
void walk(const Expr& root, Enter&& enter, Leave&& leave) {
  struct Item {
    const Expr* expr;
    size_t next;
  };
  std::vector<Item> stack;
  auto push = [&](const Expr& expr) { stack.push_back({&expr, enter(expr) ? 0 : expr.args.size()}); };
  push(root);
  while (!stack.empty()) {
    Item& item = stack.back();
    if (item.next < item.expr->args.size()) {
      push(item.expr->args[item.next++]);
      continue;
    }
    const Expr& done = *item.expr;
    stack.pop_back();
    leave(done);
  }
}

}  // namespace sinter::lowering
