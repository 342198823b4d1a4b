// Poly nodes: voices are lanes of one composite. Their notes are control sources, their outputs are summed and
// measured.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lower_expand.hpp"
#include "sinter/graph/poly.hpp"
#include "sinter/ir/builder.hpp"

namespace sinter::lowering {

/// How many voices a poly node has, by its mode.
uint32_t voice_count(const Node& node);

class Polys {
 public:
  Polys(Builder& builder, const Expansion& expansion, const Graph& graph, Report& report)
      : b_(builder), x_(expansion), graph_(graph), report_(report) {}

  /// What the notes say to an input of each voice, a lane per voice; not valid where notes do not set it.
  Signal voice_input(uint32_t unit, uint32_t port);

  /// The sum over the voices of one of their outputs: `width` channels. The last output of a unit also ends its
  /// measuring.
  Signal output(uint32_t unit, uint32_t index, Signal voices, uint32_t width);

 private:
  struct Listening {
    uint32_t voices = 0;  ///< index into Ir::voices
    Signal open;          ///< what its outputs are multiplied by, a lane per voice
    Signal level;         ///< largest magnitude of the outputs so far, a lane per voice
    uint32_t outputs = 0;
  };

  Listening& listening(uint32_t unit);
  VoiceSlot settings(const Unit& unit);
  uint32_t choke_group(const std::string& name);
  uint32_t source(uint32_t unit, std::string_view input, double initial, double minimum, double maximum);
  Signal gate(uint32_t unit);
  Signal open(uint32_t unit);
  uint32_t probe(const std::string& path, std::string_view name, Signal x, uint32_t voices);

  Builder& b_;
  const Expansion& x_;
  const Graph& graph_;
  Report& report_;
  std::map<uint32_t, Listening> listening_;  // by unit
  std::map<std::string, uint32_t> choke_groups_;
};

}  // namespace sinter::lowering
