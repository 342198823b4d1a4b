// The type "poly": a definition played once per note. What its settings are and which inputs its notes set.
#pragma once

#include <span>
#include <string_view>

#include "sinter/graph/graph.hpp"

namespace sinter {

inline constexpr std::string_view kPolyType = "poly";
inline constexpr uint32_t kMaxVoices = 256;

/// Settings of a poly node as rows of a table; it has neither ports nor a function, for those are its definition's.
const NodeDef& poly_def();

/// freq gate velocity off_velocity pressure timbre bend note: inputs of a definition that the notes of a poly set, with
/// one channel each; the fallback is what they are before the first note.
std::span<const Port> voice_inputs();
/// Null where notes set no input of that name.
const Port* find_voice_input(std::string_view name);
bool is_voice_input(std::string_view name);

/// The output of a voice that says that it has ended; the poly node itself has none of this name.
inline constexpr std::string_view kDoneOutput = "done";

/// The setting `of`, empty where it is not given.
std::string_view poly_definition(const Node& node);
/// A setting of any node; null where it is not given.
const SettingValue* find_setting(const Node& node, std::string_view name);

}  // namespace sinter
