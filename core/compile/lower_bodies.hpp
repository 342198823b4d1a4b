// The first step of lowering: each body that is used (the patch, and every definition once) with its names, node types
// and ports looked up, and how much it will expand to. The graph has passed check(), so what is named exists.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lower_report.hpp"
#include "sinter/graph/graph.hpp"

namespace sinter::lowering {

struct BodyInfo;

inline constexpr uint32_t kNone = UINT32_MAX;
inline constexpr uint32_t kMaxComposites = 64;  ///< inside each other

/// A port of a node as the patch uses it: a node type's port, a composite's input or param, or a `where` name.
struct PortInfo {
  std::string_view name;
  uint32_t width = 1;  ///< kAnyWidth: any
  std::optional<double> fallback;
  double minimum = -1e300, maximum = 1e300;
  bool delayed = false;
  uint32_t input = kNone;      ///< index into Node::inputs; kNone where not connected
  uint32_t forwarded = kNone;  ///< param of the surrounding body that "*" forwards
};

struct NodeInfo {
  const Node* node = nullptr;
  const NodeDef* def = nullptr;     ///< null for expressions and composites
  const BodyInfo* inner = nullptr;  ///< composites and polys only
  bool poly = false;                ///< its lanes are voices, its outputs their sums
  std::vector<PortInfo> ports;
  uint32_t stages = 1;
  uint32_t outputs = 1;
  uint32_t main_output = 0;  ///< what the bare id stands for
  uint32_t voices = 1;       ///< of a poly
  bool any_width = false;    ///< links its channels: one node however wide

  bool is_expr() const { return !def && !inner; }
  /// How many side by side are written: "channels", or voices.
  uint32_t copies() const { return poly ? voices : std::max(1u, node->channels); }
  uint32_t port(std::string_view name) const;
  uint32_t output(std::string_view name) const;
  /// Channels of a node type's output where its first input has `channels`: as declared, as wide, or one per row.
  uint32_t output_channels(uint32_t output, uint32_t channels) const;
};

/// What a name in an expression stands for.
struct Ref {
  enum class Kind : uint8_t { none, local, input, param, node };
  Kind kind = Kind::none;
  uint32_t index = 0;   ///< port of the expression node; input, param or node of the body
  uint32_t output = 0;  ///< of the node
};

struct BodyInfo {
  const GraphBody* body = nullptr;
  std::unordered_map<std::string_view, Ref> names;
  std::vector<NodeInfo> nodes;
  uint64_t instances = 0;   ///< leaf nodes after expansion, by what is written (channels and chain)
  uint64_t composites = 0;  ///< bodies inside this one after expansion
  uint64_t terms = 0;       ///< expression terms after expansion
  uint32_t height = 0;      ///< composites inside each other

  /// The meaning of a name or member expression inside this body, none for constants; `node` gives the `where` names,
  /// or is null.
  Ref resolve(const Expr& expr, const NodeInfo* node) const;
  Ref param(std::string_view id) const;
};

/// Owns the bodies of one graph.
class Bodies {
 public:
  /// Null where a limit is passed, which `report` then says.
  static std::unique_ptr<Bodies> prepare(const Graph& graph, const NodeLibrary& library, Report& report);
  const BodyInfo& root() const { return *root_; }

 private:
  friend class Preparing;
  std::unordered_map<std::string_view, std::unique_ptr<BodyInfo>> definitions_;
  std::unique_ptr<BodyInfo> root_;
};

}  // namespace sinter::lowering
