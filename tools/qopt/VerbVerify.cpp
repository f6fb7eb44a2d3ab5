//===- VerbVerify.cpp - qopt verify: a program beside its module --------------------===//

#include "Verbs.h"

#include "qopt/Audit/Verify.h"
#include "qopt/Support/Files.h"

using namespace qopt;
using namespace llvm;

static int verifyAction();
static Verb verifyVerb("verify",
                       "prove that a program is what its module says: ranges, tables and "
                       "arithmetic from the module, every constant of the program, and runs of "
                       "both on adversarial and random inputs; exit code 1 where it is not",
                       verifyAction);
static cl::opt<std::string> programPath(cl::Positional, cl::Required, cl::desc("P.so"),
                                        cl::sub(verifyVerb.command));
static cl::opt<std::string> modulePath(cl::Positional, cl::Required,
                                       cl::desc("Q.mlir: the converted module it was compiled "
                                                "from"),
                                       cl::sub(verifyVerb.command));
static cl::opt<int64_t> samples("samples", cl::init(4),
                                cl::desc("random inputs beside the adversarial ones (default 4)"),
                                cl::sub(verifyVerb.command));
static cl::opt<uint64_t> seed("seed", cl::init(0), cl::desc("of the random inputs (default 0)"),
                              cl::sub(verifyVerb.command));
static cl::opt<std::string> certificatePath("o", cl::value_desc("certificate.json"),
                                            cl::desc("write the certificate, if everything holds"),
                                            cl::sub(verifyVerb.command));
static cl::opt<bool> asJson("json", cl::desc("print the certificate as JSON"),
                            cl::sub(verifyVerb.command));

/// "3 problems, the first in 'conv1'".
static std::string summaryOf(const Certificate &certificate) {
  size_t problems = 0;
  std::string first;
  for (const Check &check : certificate.checks) {
    problems += check.problems.size();
    for (const Problem &problem : check.problems)
      if (first.empty() && !problem.layer.empty())
        first = problem.layer;
  }
  return std::to_string(problems) + (problems == 1 ? " problem" : " problems") +
         (first.empty() ? "" : ", the first layer in question is '" + first + "'");
}

static int verifyAction() {
  if (samples < 0)
    return fail("--samples expects at least 0");
  DriverContext context(/*quietRemarks=*/true);
  VerifyOptions options;
  options.samples = samples;
  options.seed = seed;
  options.version = "qopt " QOPT_VERSION " (LLVM " LLVM_VERSION_STRING ")";
  Expected<Certificate> certificate = verifyProgram(programPath, modulePath, *context, options);
  if (!certificate)
    return fail(certificate.takeError());
  if (asJson)
    printJson(toJson(*certificate));
  else
    outs() << toText(*certificate);
  if (!certificate->verified())
    return fail(programPath + ": not verified against " + modulePath + ": " +
                summaryOf(*certificate) +
                (certificatePath.empty() ? "" : "; no certificate was written"));
  if (!asJson)
    outs() << "verified\n";
  if (certificatePath.empty())
    return 0;
  Error error = writeText(certificatePath, toJson(*certificate).dump(2) + "\n");
  return error ? fail(std::move(error)) : 0;
}
