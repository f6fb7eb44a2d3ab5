//===- Patterns.cpp - subgraphs that spell one function ------------------------------===//

#include "GraphImporter.h"

void qopt::importer::rewritePatterns(OnnxModel &model) {}
