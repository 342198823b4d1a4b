// Exported headers, compiled together into one shared library per compiler and loaded.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api.hpp"
#include "run.hpp"

namespace sinter::test {

struct Compiler {
  std::string name, path, options;
};

/// g++ and clang++ with and without fused multiply-adds; one that is missing is skipped and counted.
std::vector<Compiler> compilers();

class Batch {
 public:
  explicit Batch(std::string name) : name_(std::move(name)) {}
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  /// A header with the namespace that next_namespace() gave.
  void add(const std::string& header) { headers_.push_back(header); }
  std::string next_namespace() const { return name_ + "_" + std::to_string(headers_.size()); }
  size_t size() const { return headers_.size(); }

  /// Compiles and loads for every compiler at once; "" or what they said.
  std::string build(const std::vector<Compiler>& all);
  const PatchApi& api(size_t compiler, size_t header) const { return apis_[compiler][header]; }

 private:
  std::string build_one(const Compiler& compiler, size_t number) const;

  std::string name_;
  std::vector<std::string> headers_;
  std::vector<void*> libraries_;
  std::vector<const PatchApi*> apis_;
};

/// A patch of a batch, which goes where its owner goes.
class Played {
 public:
  explicit Played(const PatchApi& of) : api(of), patch_(of.make(), of.free) {}
  void* get() const { return patch_.get(); }
  const PatchApi& api;

 private:
  std::unique_ptr<void, void (*)(void*)> patch_;
};

/// Output per channel: what run() does with a program, with an exported patch.
std::vector<std::vector<float>> run(Played& patch, const Scenario& scenario, const Partition& partition);

}  // namespace sinter::test
