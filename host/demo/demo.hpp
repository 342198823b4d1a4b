// The demo: recordings go through patches that are compiled in front of the reader, and a page shows what happened.
#pragma once

#include <string>
#include <vector>

#include "sinter/compile/report.hpp"
#include "sinter/sinter.hpp"

namespace sinter::host {

/// One patch of the demo and the recording it works on.
struct DemoItem {
  std::string patch;      ///< file in examples/, without .json
  std::string recording;  ///< audio file of a Debian package
  double seconds = 6;     ///< how much of it
};

struct Speed {
  std::string name;         ///< backend, or "g++ -O3, by hand"
  double ns_per_frame = 0;  ///< median
  bool native = false;      ///< machine code of ours
};

/// What happened to one item.
struct DemoResult {
  DemoItem item;
  Graph graph;
  CompileReport report;
  Compiled compiled;  ///< on the best backend, with its listing
  std::string backend;
  double compile_us = 0;      ///< graph to callable code, median of warm compiles
  std::vector<Speed> speeds;  ///< the textbook loop last
  double agreement_db = 0;    ///< Sinter's output against the textbook's, signal to difference over noise
  std::string wav;            ///< the rendered file, 24 bit
  std::string before, after;  ///< files
  double sample_rate = 48'000;
  double ns(std::string_view name) const;
};

/// Renders, measures and compiles one item; files go to `folder`. Control thread.
Result<DemoResult> run_item(const DemoItem& item, const std::string& examples, const std::string& folder);

/// Writes the self-contained page. Control thread.
Result<bool> write_page(const std::vector<DemoResult>& results, const std::string& page_template,
                        const std::string& path);

}  // namespace sinter::host
