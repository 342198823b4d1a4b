// A patch as data: what a person wrote, before any node is known. Reading then writing gives an equal Graph.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/graph/expr.hpp"
#include "sinter/graph/node_def.hpp"

namespace sinter {

// Limits of untrusted patches, counted while reading and expanding.
inline constexpr uint64_t kMaxFileBytes = 4u << 20;
inline constexpr uint32_t kMaxNesting = 64;     ///< arrays and objects inside each other
inline constexpr size_t kMaxShownLine = 4'000;  ///< bytes; of a longer line errors show the place alone
inline constexpr size_t kMaxErrors = 20;        ///< reported at once
inline constexpr uint32_t kMaxNodesWritten = 4'096;
inline constexpr uint32_t kMaxPorts = 4'096;  ///< inputs, parameters or outputs of one body
inline constexpr uint32_t kMaxInstances = 65'536;
inline constexpr uint32_t kMaxSignalChannels = 4'096;
inline constexpr uint32_t kMaxBusChannels = 64;
inline constexpr uint32_t kMaxChain = 4'096;
inline constexpr uint32_t kMaxParamSlot = 65'535;
inline constexpr double kMaxDelaySeconds = 30;

/// Keys that begin with x-, with their values as compact JSON text, sorted by key. A key that lies deeper than its
/// owner has the way to it in front ("midi/x-curve", "in/x-colour"); a `note` without a field of its own is here too.
using Extra = std::vector<std::pair<std::string, std::string>>;

struct GraphInput {
  std::string name;
  uint32_t channels = 1;
  Span span;
  friend bool operator==(const GraphInput&, const GraphInput&) = default;
};

struct GraphParam {
  std::string id;
  double minimum = 0, maximum = 1, fallback = 0;
  double step = 0;  ///< 0: continuous
  Unit unit = Unit::none;
  Scale scale = Scale::linear;
  double smooth_ms = 0;
  std::vector<std::string> choices;  ///< not empty: a whole number 0 … choices − 1
  std::string label, group;
  int32_t slot = -1;  ///< plugin parameter slot; −1: in order
  int32_t midi_cc = -1;
  std::string note;
  Extra extra;
  Span span;
  friend bool operator==(const GraphParam&, const GraphParam&) = default;
};

struct NodeInput {
  std::string port;
  Expr expr;
  Span span;
  friend bool operator==(const NodeInput&, const NodeInput&) = default;
};

struct Node {
  std::string id;
  std::string type;               ///< empty for an expression node
  Expr expr;                      ///< expression nodes only
  std::vector<NodeInput> inputs;  ///< `in`, or `where` of an expression node; they do not see each other
  bool forward_params = false;    ///< "*": true
  std::vector<std::pair<std::string, SettingValue>> settings;
  uint32_t channels = 0;  ///< 0: not given
  uint32_t chain = 0;
  std::string strategy;
  std::string note;
  Extra extra;
  Span span;  ///< the id
  Span type_span, strategy_span;
  friend bool operator==(const Node&, const Node&) = default;
};

struct GraphOutput {
  std::string name;
  Expr expr;
  Span span;
  friend bool operator==(const GraphOutput&, const GraphOutput&) = default;
};

/// inputs, params, nodes, outputs: a patch, or the inside of a definition.
struct GraphBody {
  std::vector<GraphInput> inputs;
  std::vector<GraphParam> params;
  std::vector<Node> nodes;
  std::vector<GraphOutput> outputs;
  friend bool operator==(const GraphBody&, const GraphBody&) = default;
};

struct Definition {
  std::string name;
  GraphBody body;
  std::string note;
  Extra extra;
  bool imported = false;  ///< written in an imported file: not written again
  Span span;
  friend bool operator==(const Definition&, const Definition&) = default;
};

struct GraphMeta {
  std::string author, description, category, license;
  std::vector<std::string> tags;
  Extra extra;
  friend bool operator==(const GraphMeta&, const GraphMeta&) = default;
};

/// The text of every file a graph came from, to turn spans into places. Shared, immutable.
struct SourceMap {
  struct File {
    std::string path, text;
  };
  std::vector<File> files;
  Place place(const Span& span) const;
};

struct Graph : GraphBody {
  std::string name;
  GraphMeta meta;
  std::vector<std::string> imports;
  std::vector<Definition> definitions;
  std::string note;
  Extra extra;
  std::string folder;                        ///< files that nodes name lie here or below; empty: none may be named
  std::shared_ptr<const SourceMap> sources;  ///< null for a graph made in C++
  friend bool operator==(const Graph& a, const Graph& b);  ///< folder and sources aside

  // Building in C++: expressions are written as in patches. A text that does not parse shows up when compiling.
  Graph& input(std::string input_name, uint32_t channels = 1);
  Graph& param(GraphParam param);  ///< choices set its range and step
  Graph& node(std::string id, std::string type, std::vector<std::pair<std::string, std::string>> inputs,
              std::vector<std::pair<std::string, SettingValue>> settings = {});
  Graph& expr(std::string id, std::string text, std::vector<std::pair<std::string, std::string>> where = {});
  Graph& output(std::string output_name, std::string text);
};

/// Checks a graph, however it was made: ids, types, ports, settings, files, names, units, definitions within
/// themselves. Reading has done this already; a graph made in C++ is checked before it is lowered. At most kMaxErrors
/// errors, empty where all is well; channel counts and cycles are found when lowering. Control thread.
std::vector<Error> check(const Graph& graph, const NodeLibrary& library, std::vector<Error>* warnings = nullptr);

/// Reads a patch with everything it imports. All errors of all files, at most 20, each with its place; warnings in
/// `warnings`. The library says which types, ports and settings exist. Control thread; touches only files in the
/// patch's folder or below, links followed.
Result<Graph> read_patch_file(const std::string& path, const NodeLibrary& library,
                              std::vector<Error>* warnings = nullptr);
/// The same from text; `folder` is where its imports and files lie, "" forbids them.
Result<Graph> read_patch(std::string_view text, const std::string& file_name, const std::string& folder,
                         const NodeLibrary& library, std::vector<Error>* warnings = nullptr);

/// The patch as JSON, two spaces per level, keys in the format's order.
std::string write_patch(const Graph& graph);

/// The JSON Schema (draft 2020-12) of patch files, made from the library's table.
std::string patch_schema(const NodeLibrary& library);

}  // namespace sinter
