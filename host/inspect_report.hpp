// How `inspect --stage report` shows the compile report, to people and to programs.
#pragma once

#include <string>

#include "sinter/compile/report.hpp"
#include "sinter/host/json.hpp"

namespace sinter::host {

/// Tables of nodes, loops and recurrences, then why some run one sample at a time and what would free them.
std::string report_text(const CompileReport& report, double sample_rate, bool colour);

/// "nodes", "steps" and "regions" of the object that is open.
void write_report(Json& json, const CompileReport& report);

}  // namespace sinter::host
