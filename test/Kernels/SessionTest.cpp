//===- SessionTest.cpp - sessions, teams, and the choice of the ISA --------------===//
//
// Programs here are written by hand: plans that say who ran them.
//
//===-----------------------------------------------------------------------------===//

#include "qrt/kernel_table.h"

#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

namespace {

const int32_t rounds = 200, told[] = {0, 1};

/// Adds the input to a counter per thread, meets, and checks that all others did.
void countingPlan(const qrt_frame *frame, int32_t isa) {
  int32_t *counters = reinterpret_cast<int32_t *>(frame->arena);
  int32_t *result = static_cast<int32_t *>(frame->outputs[0]);
  counters[frame->thread] = 0;
  qrt_sync(frame, 0, 0, nullptr, nullptr);
  int32_t missed = 0;
  for (int32_t round = 1; round <= rounds; ++round) {
    ++counters[frame->thread];
    const void *const data = counters;
    qrt_sync(frame, 2 * round - 1, 1, told, &data);
    for (int32_t t = 0; t < frame->threads; ++t)
      missed += counters[t] != round;
    qrt_sync(frame, 2 * round, 0, nullptr, nullptr);
  }
  std::memset(frame->scratch, frame->thread, 100); // its own: a shared one would clash
  result[2 + frame->thread] = missed;
  if (frame->thread == 0)
    result[0] = isa, result[1] = frame->threads;
  const void *const data[] = {frame->inputs[0], result};
  qrt_sync(frame, -1, 2, told, data);
}

template <int Isa> void plan(const qrt_frame *frame) { countingPlan(frame, Isa); }

const qrt_tensor_desc input = {"x", QRT_DTYPE_F32, 2, {-1, 4}, {4, 1}, 0, 0, 0};
const qrt_tensor_desc output = {"y", QRT_DTYPE_I32, 1, {16}, {1}, 0, 0, 0};
const qrt_tensor_desc tensors[] = {input, output};

/// A program with the plans of the given ISAs.
struct Program {
  std::vector<qrt_variant> variants;
  qrt_program program = {};

  explicit Program(const std::vector<qrt_isa> &isas, int64_t fixedBatch = 0) {
    const qrt_entry_fn plans[] = {plan<QRT_ISA_SCALAR>,   plan<QRT_ISA_AVX2>,
                                  plan<QRT_ISA_AVXVNNI>,  plan<QRT_ISA_AVX512VNNI>,
                                  plan<QRT_ISA_NEON>,     plan<QRT_ISA_NEON_DOT>,
                                  plan<QRT_ISA_NEON_I8MM>};
    for (qrt_isa isa : isas)
      variants.push_back({isa, 0, 4096, 100, plans[isa], 0, nullptr, nullptr});
    program.abi_version = QRT_ABI_VERSION;
    program.num_inputs = program.num_outputs = 1;
    program.num_tensors = 2;
    program.num_variants = static_cast<uint32_t>(variants.size());
    program.fixed_batch = fixedBatch;
    program.name = "hand-made";
    program.fingerprint = "0";
    program.inputs = &input;
    program.outputs = &output;
    program.tensors = tensors;
    program.variants = variants.data();
  }
};

std::vector<qrt_isa> isasOfCpu() {
  std::vector<qrt_isa> isas;
  for (int isa = 0; isa < QRT_ISA_COUNT; ++isa)
    if (qrt_cpu_supports(static_cast<qrt_isa>(isa)))
      isas.push_back(static_cast<qrt_isa>(isa));
  return isas;
}

const std::vector<qrt_isa> everyIsa = {QRT_ISA_SCALAR,     QRT_ISA_AVX2, QRT_ISA_AVXVNNI,
                                       QRT_ISA_AVX512VNNI, QRT_ISA_NEON, QRT_ISA_NEON_DOT,
                                       QRT_ISA_NEON_I8MM};

/// Sets QRT_ISA while it lives.
struct IsaFromEnvironment {
  explicit IsaFromEnvironment(const char *value) { setenv("QRT_ISA", value, 1); }
  ~IsaFromEnvironment() { unsetenv("QRT_ISA"); }
};

struct Session {
  qrt_session *session = nullptr;
  qrt_status status;
  Session(const Program &program, qrt_options options) {
    status = qrt_session_open(&program.program, &options, &session);
  }
  ~Session() { qrt_session_close(session); }
};

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

const qrt_options oneThread = {1, -1, nullptr, nullptr, nullptr};

} // namespace

class SessionTest : public testing::Test {
protected:
  void SetUp() override { unsetenv("QRT_ISA"); }
  float x[64] = {};
  int32_t y[64] = {};
  const void *inputs[1] = {x};
  void *outputs[1] = {y};
};

TEST_F(SessionTest, BarriersHoldForEveryTeam) {
  for (int32_t threads : {1, 2, 3, 8}) {
    Program program({QRT_ISA_SCALAR});
    Session open(program, {threads, -1, nullptr, nullptr, nullptr});
    ASSERT_EQ(open.status, QRT_OK) << qrt_last_error();
    for (int run = 0; run < 5; ++run) {
      ASSERT_EQ(qrt_session_run(open.session, 1, inputs, outputs), QRT_OK);
      EXPECT_EQ(y[1], threads);
      for (int32_t t = 0; t < threads; ++t)
        EXPECT_EQ(y[2 + t], 0) << "thread " << t << " ran ahead";
    }
  }
}

TEST_F(SessionTest, SessionsOnSeveralHostThreadsAreIndependent) {
  Program program({QRT_ISA_SCALAR});
  std::vector<std::thread> hosts;
  for (int i = 0; i < 3; ++i)
    hosts.emplace_back([&] {
      float in[8] = {};
      int32_t out[64] = {};
      const void *ins[1] = {in};
      void *outs[1] = {out};
      Session s(program, {2, -1, nullptr, nullptr, nullptr});
      for (int run = 0; run < 3; ++run)
        EXPECT_EQ(qrt_session_run(s.session, 1, ins, outs), QRT_OK);
      EXPECT_EQ(out[2] + out[3], 0);
    });
  for (std::thread &host : hosts)
    host.join();
}

TEST_F(SessionTest, StepCallbackCountsTheSteps) {
  for (int32_t threads : {1, 2}) {
    std::vector<int32_t> seen;
    const auto step = [](void *user, int32_t index) {
      static_cast<std::vector<int32_t> *>(user)->push_back(index);
    };
    Program program({QRT_ISA_SCALAR});
    Session s(program, {threads, -1, nullptr, &seen, step});
    ASSERT_EQ(qrt_session_run(s.session, 1, inputs, outputs), QRT_OK);
    ASSERT_EQ(seen.size(), size_t(2 * rounds + 1)) << "what is no step is not told";
    for (size_t i = 0; i < seen.size(); ++i)
      EXPECT_EQ(seen[i], static_cast<int32_t>(i));
  }
}

TEST_F(SessionTest, CallbackSeesEachNamedTensorOnceAndInOrder) {
  struct Seen {
    std::vector<std::string> names;
    int64_t batch = 0;
    const void *last = nullptr;
  };
  for (int32_t threads : {1, 2}) {
    Seen seen;
    const auto callback = [](void *user, const qrt_tensor_desc *tensor, const void *data,
                             int64_t batch) {
      Seen *s = static_cast<Seen *>(user);
      s->names.push_back(tensor->name);
      s->batch = batch;
      s->last = data;
    };
    Program program({QRT_ISA_SCALAR});
    Session s(program, {threads, -1, callback, &seen, nullptr});
    ASSERT_EQ(qrt_session_run(s.session, 3, inputs, outputs), QRT_OK);
    ASSERT_EQ(seen.names.size(), size_t(rounds + 2));
    EXPECT_EQ(seen.names.front(), "x");
    EXPECT_EQ(seen.names[rounds], "x") << "the last step tells of two tensors";
    EXPECT_EQ(seen.names.back(), "y");
    EXPECT_EQ(seen.last, y);
    EXPECT_EQ(seen.batch, 3);
  }
}

TEST_F(SessionTest, TheBestIsaIsTaken) {
  Program program(everyIsa);
  Session s(program, oneThread);
  ASSERT_EQ(s.status, QRT_OK);
  EXPECT_EQ(qrt_session_isa(s.session), isasOfCpu().back());
  qrt_session_run(s.session, 1, inputs, outputs);
  EXPECT_EQ(y[0], isasOfCpu().back()) << "another plan ran than the session says";
}

TEST_F(SessionTest, QrtIsaIsObeyed) {
  Program program(everyIsa);
  for (qrt_isa isa : isasOfCpu()) {
    IsaFromEnvironment environment(qrt_isa_name(isa));
    Session s(program, oneThread);
    ASSERT_EQ(s.status, QRT_OK) << qrt_last_error();
    EXPECT_EQ(qrt_session_isa(s.session), isa);
    qrt_session_run(s.session, 1, inputs, outputs);
    EXPECT_EQ(y[0], isa) << "another plan ran than QRT_ISA asks for";
  }
}

TEST_F(SessionTest, TheOptionGoesBeforeQrtIsa) {
  Program program(everyIsa);
  IsaFromEnvironment environment("no-such-isa");
  Session s(program, {1, QRT_ISA_SCALAR, nullptr, nullptr, nullptr});
  ASSERT_EQ(s.status, QRT_OK);
  EXPECT_EQ(qrt_session_isa(s.session), QRT_ISA_SCALAR);
}

TEST_F(SessionTest, AnUnknownQrtIsaListsTheValidOnes) {
  Program program(everyIsa);
  IsaFromEnvironment environment("sse9");
  Session s(program, oneThread);
  EXPECT_EQ(s.status, QRT_INVALID_ARGUMENT);
  EXPECT_EQ(s.session, nullptr);
  EXPECT_STREQ(qrt_last_error(), "QRT_ISA is 'sse9', which is not an ISA; valid are: scalar, "
                                 "avx2, avxvnni, avx512vnni, neon, neon_dot, neon_i8mm");
}

TEST_F(SessionTest, AnIsaThatTheProgramLacksListsThoseItHas) {
  Program program({QRT_ISA_SCALAR, QRT_ISA_NEON});
  IsaFromEnvironment environment("avx2");
  Session s(program, oneThread);
  EXPECT_EQ(s.status, QRT_UNSUPPORTED_ISA);
  EXPECT_PRED2(contains, qrt_last_error(),
               "QRT_ISA asks for the ISA 'avx2', but program "
               "'hand-made' was compiled for: scalar, neon");
}

TEST_F(SessionTest, AnIsaThatTheCpuLacksSaysSo) {
  Program program(everyIsa);
  for (qrt_isa isa : everyIsa) {
    if (qrt_cpu_supports(isa))
      continue;
    Session s(program, {1, isa, nullptr, nullptr, nullptr});
    EXPECT_EQ(s.status, QRT_UNSUPPORTED_ISA);
    EXPECT_PRED2(contains, qrt_last_error(), "which this CPU cannot run; it runs: scalar");
    Program only({isa});
    Session none(only, oneThread);
    EXPECT_EQ(none.status, QRT_UNSUPPORTED_ISA);
    EXPECT_PRED2(contains, qrt_last_error(), "this CPU runs none of the ISAs");
  }
}

TEST_F(SessionTest, BadArgumentsAreNamed) {
  Program program({QRT_ISA_SCALAR}, 4);
  Session zero(program, {0, -1, nullptr, nullptr, nullptr});
  EXPECT_EQ(zero.status, QRT_INVALID_ARGUMENT);
  EXPECT_STREQ(qrt_last_error(), "options.threads is 0; valid are 1 to 1024");
  Session isa(program, {1, 17, nullptr, nullptr, nullptr});
  EXPECT_PRED2(contains, qrt_last_error(), "options.isa is 17");

  Session s(program, oneThread);
  ASSERT_EQ(s.status, QRT_OK);
  EXPECT_EQ(qrt_session_run(s.session, 0, inputs, outputs), QRT_INVALID_ARGUMENT);
  EXPECT_PRED2(contains, qrt_last_error(), "the batch is 0, it must be at least 1");
  EXPECT_EQ(qrt_session_run(s.session, 3, inputs, outputs), QRT_INVALID_ARGUMENT);
  EXPECT_PRED2(contains, qrt_last_error(),
               "the batch is 3, but program 'hand-made' was compiled "
               "for batch 4");
  const void *missing[1] = {nullptr};
  EXPECT_EQ(qrt_session_run(s.session, 4, missing, outputs), QRT_INVALID_ARGUMENT);
  EXPECT_PRED2(contains, qrt_last_error(), "input 0 ('x') is null");
  EXPECT_EQ(qrt_session_run(s.session, 4, inputs, nullptr), QRT_INVALID_ARGUMENT);
  EXPECT_PRED2(contains, qrt_last_error(), "output 0 ('y') is null");
  EXPECT_EQ(qrt_session_run(s.session, 4, inputs, outputs), QRT_OK);
  EXPECT_STREQ(qrt_last_error(), "");
}

TEST_F(SessionTest, TooMuchMemoryIsAnError) {
  Program program({QRT_ISA_SCALAR});
  Session s(program, oneThread);
  EXPECT_EQ(qrt_session_run(s.session, INT64_MAX, inputs, outputs), QRT_OUT_OF_MEMORY);
  EXPECT_PRED2(contains, qrt_last_error(), "run a smaller batch");
  EXPECT_EQ(qrt_session_run(s.session, 1, inputs, outputs), QRT_OK) << "the session survives";
}

namespace {

/// Fills the prepared memory, each thread its part; the plan sums it up.
void preparePattern(const qrt_frame *frame) {
  for (int32_t i = frame->thread; i < 1000; i += frame->threads)
    frame->prepared[i] = static_cast<uint8_t>(i);
}
void sumPattern(const qrt_frame *frame) {
  int32_t sum = 0;
  for (int32_t i = 0; i < 1000; ++i)
    sum += frame->prepared[i];
  static_cast<int32_t *>(frame->outputs[0])[frame->thread] = sum;
}

} // namespace

TEST_F(SessionTest, ConstantsArePreparedOnceWhenASessionOpens) {
  int32_t expected = 0;
  for (int32_t i = 0; i < 1000; ++i)
    expected += i % 256;
  for (uint64_t bytes : {uint64_t(1000), uint64_t(5) << 20}) // small, and in huge pages
    for (int32_t threads : {1, 2, 3}) {
      Program program({QRT_ISA_SCALAR});
      program.variants[0].prepared_bytes = bytes;
      program.variants[0].prepare = preparePattern;
      program.variants[0].entry = sumPattern;
      Session s(program, {threads, -1, nullptr, nullptr, nullptr});
      ASSERT_EQ(s.status, QRT_OK) << qrt_last_error();
      for (int run = 0; run < 2; ++run) {
        ASSERT_EQ(qrt_session_run(s.session, 1, inputs, outputs), QRT_OK);
        for (int32_t t = 0; t < threads; ++t)
          EXPECT_EQ(y[t], expected);
      }
    }
}

TEST_F(SessionTest, NoMemoryForPreparedConstantsIsAnError) {
  Program program({QRT_ISA_SCALAR});
  program.variants[0].prepared_bytes = UINT64_MAX / 4;
  program.variants[0].prepare = preparePattern;
  Session s(program, oneThread);
  EXPECT_EQ(s.status, QRT_OUT_OF_MEMORY);
  EXPECT_EQ(s.session, nullptr);
  EXPECT_PRED2(contains, qrt_last_error(),
               "out of memory: program 'hand-made' expands its weights to 4611686018427387903 "
               "bytes for the ISA 'scalar'");
}

TEST_F(SessionTest, AnotherAbiVersionIsRefused) {
  Program program({QRT_ISA_SCALAR});
  program.program.abi_version = 999;
  Session s(program, oneThread);
  EXPECT_EQ(s.status, QRT_INVALID_ARGUMENT);
  EXPECT_PRED2(contains, qrt_last_error(), "was compiled for version 999");
}

TEST(Isa, NamesRoundTrip) {
  for (qrt_isa isa : everyIsa)
    EXPECT_EQ(qrt_isa_from_name(qrt_isa_name(isa)), isa);
  EXPECT_EQ(qrt_isa_from_name("AVX2"), -1);
  EXPECT_EQ(qrt_isa_from_name(nullptr), -1);
  EXPECT_STREQ(qrt_isa_name(QRT_ISA_COUNT), "unknown");
  EXPECT_TRUE(qrt_cpu_supports(QRT_ISA_SCALAR));
}

TEST(Isa, IncludesWhatItExtends) {
  for (qrt_isa isa : everyIsa) {
    EXPECT_TRUE(qrt_isa_includes(isa, isa));
    EXPECT_TRUE(qrt_isa_includes(isa, QRT_ISA_SCALAR));
    EXPECT_EQ(qrt_isa_includes(QRT_ISA_SCALAR, isa), isa == QRT_ISA_SCALAR);
  }
  EXPECT_TRUE(qrt_isa_includes(QRT_ISA_AVXVNNI, QRT_ISA_AVX2));
  EXPECT_TRUE(qrt_isa_includes(QRT_ISA_AVX512VNNI, QRT_ISA_AVX2));
  EXPECT_FALSE(qrt_isa_includes(QRT_ISA_AVX512VNNI, QRT_ISA_AVXVNNI)) << "Ice Lake has no VEX form";
  EXPECT_TRUE(qrt_isa_includes(QRT_ISA_NEON_I8MM, QRT_ISA_NEON_DOT));
  EXPECT_TRUE(qrt_isa_includes(QRT_ISA_NEON_I8MM, QRT_ISA_NEON));
  EXPECT_FALSE(qrt_isa_includes(QRT_ISA_NEON, QRT_ISA_NEON_DOT));
  EXPECT_FALSE(qrt_isa_includes(QRT_ISA_NEON, QRT_ISA_AVX2));
}

TEST(KernelTable, EveryKindEndsWithItsReference) {
  size_t count = 0;
  const qrt_kernel_row *rows = qrt_kernels(&count);
  ASSERT_GT(count, 20u);
  for (size_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count || std::string(rows[i].kind) != rows[i + 1].kind;
    EXPECT_EQ(last, rows[i].isa == QRT_ISA_SCALAR && !rows[i].needs_dnnl) << rows[i].symbol;
    if (rows[i].isa == QRT_ISA_SCALAR && !rows[i].needs_dnnl)
      EXPECT_NE(rows[i].fn, nullptr) << rows[i].symbol;
  }
}

TEST(KernelTable, EveryParamsBlockHasKernels) {
  size_t count = 0;
  const qrt_kernel_row *rows = qrt_kernels(&count);
  const char *const kinds[] = {
#define QRT_PARAMS(kind) #kind,
#define QRT_I32(name)
#define QRT_F32(name)
#define QRT_I32S(name, n)
#define QRT_PTR(name)
#define QRT_END(kind)
#include "qrt/params.def"
  };
  for (const char *kind : kinds) {
    bool found = false;
    for (size_t i = 0; i < count; ++i)
      found |= std::string(rows[i].kind) == kind;
    EXPECT_TRUE(found) << kind;
  }
}
