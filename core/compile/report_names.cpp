// Paths are looked up from the patch down; poly nodes stand for the definition that they play.
#include "report_names.hpp"

#include <algorithm>

#include "sinter/graph/poly.hpp"

namespace sinter::reporting {

bool is_work(const Inst& inst) {
  switch (inst.op) {
    case Op::constant:
    case Op::input:
    case Op::param:
    case Op::lane:
    case Op::frame:
    case Op::cell_start:
    case Op::ramp:
    case Op::hold:
    case Op::relane:
    case Op::stack:
    case Op::output:
      return false;
    default:
      return true;
  }
}

std::string listed(const std::set<std::string>& names) {
  constexpr size_t kShown = 3;
  std::string text;
  size_t count = 0;
  for (const std::string& each : names) {
    if (count == kShown) break;
    text += (count++ ? ", " : "") + each;
  }
  return names.size() > kShown ? text + " and " + std::to_string(names.size() - kShown) + " more" : text;
}

std::string last_name(const std::string& key) {
  // What follows the colon tells the prev() of one formula from another.
  const size_t colon = key.find(':');
  const std::string name = key.substr(0, colon);
  return name.substr(name.find_last_of("/.") + 1) + (colon == std::string::npos ? "" : "()");
}

const Node* Naming::find(const std::string& path) const {
  const GraphBody* body = &graph_;
  const Node* found = nullptr;
  for (size_t at = 0; at <= path.size();) {
    const size_t slash = std::min(path.find('/', at), path.size());
    const std::string id = path.substr(at, std::min(path.find('[', at), slash) - at);
    at = slash + 1;
    if (!body) return nullptr;
    const auto node = std::find_if(body->nodes.begin(), body->nodes.end(), [&](const Node& n) { return n.id == id; });
    if (node == body->nodes.end()) return nullptr;
    found = &*node;
    body = definition(found->type == kPolyType ? poly_definition(*found) : found->type);
  }
  return found;
}

void Naming::describe(NodeReport& node) const {
  const Node* found = find(node.path);
  node.category = Category::pure_math;
  if (!found) node.type = "output";
  else if (found->type.empty()) node.type = "expression";
  else node.type = found->type;
  if (const NodeDef* def = found ? library_.find(found->type) : nullptr) node.category = def->category;
}

const GraphBody* Naming::definition(std::string_view type) const {
  for (const Definition& each : graph_.definitions)
    if (each.name == type) return &each.body;
  return nullptr;
}

}  // namespace sinter::reporting
